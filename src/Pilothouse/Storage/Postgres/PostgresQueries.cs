using System.Globalization;
using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>Short questions to PostgreSQL for upkeep and commands, on a connection of their own.</summary>
internal static class PostgresQueries
{
    /// <summary>Runs work on a connection that is closed afterwards.</summary>
    /// <exception cref="DatabaseRefusedException">The database cannot be reached, or does not do what is asked.</exception>
    public static T Run<T>(this PostgresAddress address, Func<NpgsqlConnection, T> work)
    {
        try
        {
            using var source = address.Open(1);
            using var connection = source.OpenConnection();
            return work(connection);
        }
        catch (NpgsqlException error)
        {
            throw address.Refusal(error);
        }
    }

    /// <inheritdoc cref="Run{T}"/>
    public static void Run(this PostgresAddress address, Action<NpgsqlConnection> work) => address.Run(connection =>
    {
        work(connection);
        return true;
    });

    /// <summary>Returns the first column of the first row as text; null if there is none.</summary>
    public static string? Text(this NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return command.ExecuteScalar() is { } value and not DBNull ? Convert.ToString(value, CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Returns the first column of the first row as a number.</summary>
    public static long Number(this NpgsqlConnection connection, string sql) => long.Parse(connection.Text(sql) ?? "0", CultureInfo.InvariantCulture);

    /// <summary>Returns the first column of every row as text.</summary>
    public static List<string> Column(this NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }

    /// <summary>Whether there is a table of this name, which may have its schema before it.</summary>
    public static bool HasTable(this NpgsqlConnection connection, string name) => connection.Text($"SELECT to_regclass('{name}')::text") is not null;

    /// <summary>Runs a statement.</summary>
    public static void Do(this NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.ExecuteNonQuery();
    }
}
