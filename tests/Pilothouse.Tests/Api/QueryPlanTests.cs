using System.Reflection;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Api;
using Pilothouse.Bots;
using Pilothouse.Correlation;
using Pilothouse.Costs;
using Pilothouse.Signals;
using Pilothouse.Storage;
using Pilothouse.Storage.Migrations;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>What is asked often is read from an index and never by a walk through a table that grows for years.</summary>
public sealed class QueryPlanTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SqliteConnection connection;

    public QueryPlanTests()
    {
        new Migrator(folder.File("trading_bot.db"), folder.File("backups"), TimeProvider.System, NullLogger<Migrator>.Instance).Migrate();
        connection = new SqliteConnection($"Data Source={folder.File("trading_bot.db")};Pooling=False");
        connection.Open();
    }

    [Fact]
    public void No_list_with_any_of_its_filters_sorts_or_scans_a_table()
    {
        var lists = typeof(Server).Assembly.GetTypes().SelectMany(Statics<ListSql>).ToList();
        Assert.Contains(SignalStore.List, lists);
        Assert.All(lists.SelectMany(static list => list.All()), sql =>
        {
            var plan = Plan(sql);
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
            AssertNoScan(plan);

            // A filter, a bound and a page begin at their place in an index: to walk there from its end is a scan by another name.
            Assert.True(!plan.Contains(" WHERE ", StringComparison.Ordinal) || plan.Contains("\nSEARCH ", StringComparison.Ordinal), plan);
            Assert.True(!plan.Contains("@after_time", StringComparison.Ordinal) || plan.Contains("<expr><?", StringComparison.Ordinal), plan);
        });
    }

    [Theory]
    [InlineData(typeof(BotStore))]
    [InlineData(typeof(CorrelationStore))]
    [InlineData(typeof(CostStore))]
    public void No_other_statement_of_these_scans_its_table(Type store)
    {
        var statements = Statics<Sql>(store).ToList();
        Assert.NotEmpty(statements);
        Assert.All(statements, sql => AssertNoScan(Plan(sql)));
    }

    public void Dispose()
    {
        connection.Dispose();
        folder.Dispose();
    }

    private static void AssertNoScan(string plan) =>
        Assert.DoesNotMatch("(?m)^SCAN (signals|trades|bot_status|market_context|chart_analyses|correlation_data|cost_analytics|news_cache|spike_events|agent_\\w+|circuit_\\w+|model_\\w+|performance_\\w+)$", plan);

    private static IEnumerable<T> Statics<T>(Type type) =>
        type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Where(static field => field.FieldType == typeof(T)).Select(static field => (T)field.GetValue(null)!);

    /// <summary>One step of the plan a line, after the statement itself.</summary>
    private string Plan(Sql sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"EXPLAIN QUERY PLAN {sql.ForSqlite}";
        foreach (var name in System.Text.RegularExpressions.Regex.Matches(sql.ForSqlite, @"@\w+").Select(static match => match.Value).Distinct())
        {
            command.Parameters.AddWithValue(name, DBNull.Value);
        }

        using var reader = command.ExecuteReader();
        var steps = new List<string> { sql.ForSqlite };
        while (reader.Read())
        {
            steps.Add(reader.GetString(3));
        }

        return string.Join('\n', steps);
    }
}
