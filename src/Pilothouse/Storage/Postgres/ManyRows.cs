using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// Sends statements that each insert one row into the same table as one statement with all the rows: PostgreSQL then begins, plans and
/// ends one statement and not hundreds. The values of each parameter go as an array.
/// </summary>
internal static partial class ManyRows
{
    /// <summary>Fewer rows are not worth another prepared statement.</summary>
    public const int Least = 4;

    /// <summary>Returns the statement for many rows; null if the text does more than insert one row of parameters.</summary>
    public static string? TextOf(string text, int parameters) =>
        OneRow().Match(text) is { Success: true } match && match.Groups[2].Value == string.Join(", ", Enumerable.Range(1, parameters).Select(static number => $"${number}"))
            ? $"{match.Groups[1].Value} SELECT * FROM unnest({match.Groups[2].Value}) {match.Groups[3].Value}"
            : null;

    /// <summary>Returns the command for the rows of these statements, which are of one kind.</summary>
    public static NpgsqlBatchCommand Of(IReadOnlyList<WaitingStatement> statements)
    {
        var sql = statements[0].Statement.Sql;
        var command = new NpgsqlBatchCommand(sql.ForManyRows!);
        for (var i = 0; i < sql.Names.Length; i++)
        {
            command.Parameters.Add(ArrayOf(statements, i));
        }

        return command;
    }

    private static NpgsqlParameter ArrayOf(IReadOnlyList<WaitingStatement> statements, int parameter) => TypeOf(statements, parameter) switch
    {
        NpgsqlDbType.Bigint => Fill<long?>(statements, parameter, NpgsqlDbType.Bigint),
        NpgsqlDbType.Double => Fill<double?>(statements, parameter, NpgsqlDbType.Double),
        NpgsqlDbType.Numeric => Fill<decimal?>(statements, parameter, NpgsqlDbType.Numeric),
        NpgsqlDbType.TimestampTz => Fill<DateTime?>(statements, parameter, NpgsqlDbType.TimestampTz),
        NpgsqlDbType.Bytea => Fill<byte[]?>(statements, parameter, NpgsqlDbType.Bytea),
        _ => Fill<string?>(statements, parameter, NpgsqlDbType.Text),
    };

    /// <summary>The type of the parameter in the first statement that has set it; Unknown, which is text here, if none has.</summary>
    private static NpgsqlDbType TypeOf(IReadOnlyList<WaitingStatement> statements, int parameter)
    {
        foreach (var statement in statements)
        {
            if (statement.Statement.ValueAt(parameter) is { } value && value.NpgsqlDbType != NpgsqlDbType.Unknown)
            {
                return value.NpgsqlDbType;
            }
        }

        return NpgsqlDbType.Unknown;
    }

    private static NpgsqlParameter<T[]> Fill<T>(IReadOnlyList<WaitingStatement> statements, int parameter, NpgsqlDbType type)
    {
        var values = new T[statements.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = statements[i].Statement.ValueAt(parameter)?.Value switch
            {
                T value => value,
                ReadOnlyMemory<byte> bytes => (T)(object)bytes.ToArray(),
                _ => default!,
            };
        }

        return new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }

    [GeneratedRegex(@"^\s*(INSERT INTO \w+\([\w, ]+\)) VALUES \(([$\d, ]+)\) (RETURNING [\w, ]+)$")]
    private static partial Regex OneRow();
}
