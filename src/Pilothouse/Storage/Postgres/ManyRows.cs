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

    /// <summary>The arrays of more rows would be among the large objects, which the collector keeps for long.</summary>
    public const int Most = 1000;

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
        NpgsqlDbType.Bigint => Fill(statements, parameter, NpgsqlDbType.Bigint, static (in value) => value.Whole),
        NpgsqlDbType.Double => Fill(statements, parameter, NpgsqlDbType.Double, static (in value) => value.Number),
        NpgsqlDbType.Numeric => Fill(statements, parameter, NpgsqlDbType.Numeric, static (in value) => value.Money),
        NpgsqlDbType.TimestampTz => Fill(statements, parameter, NpgsqlDbType.TimestampTz, static (in value) => value.Time),
        NpgsqlDbType.Bytea => Fill(statements, parameter, NpgsqlDbType.Bytea, static (in value) => value.Bytes),
        _ => Fill(statements, parameter, NpgsqlDbType.Text, static (in value) => value.Text),
    };

    /// <summary>The type of the parameter in the first statement that has set it; Unknown, which is text here, if none has.</summary>
    private static NpgsqlDbType TypeOf(IReadOnlyList<WaitingStatement> statements, int parameter)
    {
        foreach (var statement in statements)
        {
            if (statement.Statement.ValueAt(parameter).Type is not NpgsqlDbType.Unknown and var type)
            {
                return type;
            }
        }

        return NpgsqlDbType.Unknown;
    }

    private static NpgsqlParameter<T[]> Fill<T>(IReadOnlyList<WaitingStatement> statements, int parameter, NpgsqlDbType type, Reader<T> read)
    {
        var values = new T[statements.Count];
        for (var i = 0; i < values.Length; i++)
        {
            ref readonly var value = ref statements[i].Statement.ValueAt(parameter);
            values[i] = value.HasValue ? read(in value) : default!;
        }

        return new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }

    private delegate T Reader<T>(in PostgresValue value);

    [GeneratedRegex(@"^\s*(INSERT INTO \w+\([\w, ]+\)) VALUES \(([$\d, ]+)\) ((?:ON CONFLICT .+ DO UPDATE SET .+ )?RETURNING [\w, ]+)$")]
    private static partial Regex OneRow();
}
