using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Npgsql;
using Pilothouse.Storage;
using Pilothouse.Storage.Postgres;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Postgres;

/// <summary>Every SQL statement of the features is one that PostgreSQL understands, whether a test runs it there or not.</summary>
public sealed class EveryStatementTests
{
    /// <summary>What only files need: times without a zone that other programs stored.</summary>
    private static readonly string[] OnlyOfFiles = ["foreign_time_offsets", "foreign_time_backlog"];

    [Fact]
    public async Task PostgreSQL_understands_every_statement()
    {
        var statements = Statements();
        Assert.InRange(statements.Count, 100, 2000);
        var cluster = await PostgresCluster.SharedAsync();
        var (database, name) = await cluster.OpenAsync();
        await using var closing = database;
        await using var connection = new NpgsqlConnection(cluster.TextOf(name));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        var faults = new List<string>();
        foreach (var (statement, number) in statements.Select(static (statement, number) => (statement, number)))
        {
            try
            {
                await using var command = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"PREPARE s{number} AS {statement}"), connection);
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }
            catch (PostgresException error)
            {
                faults.Add($"{error.MessageText}: {statement}");
            }
        }

        Faults.None(faults);
    }

    /// <summary>Returns the text of every statement that can be reached from a static field of the program.</summary>
    private static HashSet<string> Statements()
    {
        var found = new HashSet<string>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var waiting = new Queue<object>();
        foreach (var type in typeof(Sql).Assembly.GetTypes().Where(static type => !type.ContainsGenericParameters && type.Namespace?.StartsWith("Pilothouse.Storage.Sqlite", StringComparison.Ordinal) != true))
        {
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
            foreach (var field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).Where(static field => !field.IsLiteral))
            {
                Add(field.GetValue(null));
            }
        }

        while (waiting.TryDequeue(out var one))
        {
            if (one is Sql sql)
            {
                Note(sql);
            }
            else if (one is IEnumerable list and not string)
            {
                foreach (var item in list)
                {
                    Add(item);
                }
            }
            else
            {
                for (var type = one.GetType(); type is not null && type != typeof(object); type = type.BaseType)
                {
                    foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                    {
                        Add(field.GetValue(one));
                    }
                }
            }
        }

        return found;

        void Add(object? value)
        {
            if (value is not null && (value is IEnumerable and not string || value.GetType().Assembly == typeof(Sql).Assembly || value is ITuple) && !value.GetType().IsEnum && seen.Add(value))
            {
                waiting.Enqueue(value);
            }
        }

        void Note(Sql sql)
        {
            if (!OnlyOfFiles.Any(sql.ToString().Contains))
            {
                found.Add(sql.ForPostgres.Text);
            }
        }
    }
}
