using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Contract;
using Pilothouse.Costs;
using Pilothouse.Prices;
using Pilothouse.Retention;
using Pilothouse.Signals;
using Pilothouse.Storage;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Sqlite;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>What is asked often is read from an index and never by a walk through a table that grows for years.</summary>
public sealed class QueryPlanTests : IDisposable
{
    private static readonly string[] Patient = ["Pilothouse.Storage", "Pilothouse.Cli", "Pilothouse.Checklist"];

    private readonly TemporaryFolder folder = new();
    private readonly Microsoft.Data.Sqlite.SqliteConnection connection;

    public QueryPlanTests()
    {
        new Migrator(folder.File("trading_bot.db"), folder.File("backups"), TimeProvider.System, NullLogger<Migrator>.Instance).Migrate();
        connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder.File("trading_bot.db")};Pooling=False");
        connection.Open();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(3000)]
    public void No_list_with_any_of_its_filters_sorts_or_scans_a_table(int rows)
    {
        FillAndOptimize(rows);
        var lists = typeof(Server).Assembly.GetTypes().SelectMany(Statics<ListSql>).ToList();
        Assert.Contains(SignalStore.List, lists);
        Assert.All(lists.SelectMany(static list => list.All()), sql =>
        {
            var plan = Plan(sql);
            Assert.False(plan.Contains("TEMP B-TREE", StringComparison.Ordinal), $"A list is sorted: a migration must add an index that ends with time_key of its time.\n{plan}");
            AssertNoScan(plan);

            // A filter, a bound and a page must begin at their place in an index. Walking there from its end would be a scan, too.
            // Voided trades are few, and left out on the way.
            plan = plan.Replace("WHERE coalesce(lower(status), '') <> 'voided' ORDER", "ORDER", StringComparison.Ordinal);
            // So are articles that have expired: retention deletes them.
            plan = Regex.Replace(plan, @" WHERE \(\w+ IS NULL OR [^@]+ > @now\) ORDER", " ORDER");
            // What no filter leads is walked through, but only up to an edge (ListSql.EdgeAsync), which is a bound.
            var isUnbound = plan.Contains(" WHERE (@", StringComparison.Ordinal) && !plan.Contains("@from_date", StringComparison.Ordinal)
                && !plan.Contains("@to_date", StringComparison.Ordinal) && !plan.Contains("@after_time", StringComparison.Ordinal);
            Assert.True(isUnbound || !plan.Contains(" WHERE ", StringComparison.Ordinal) || plan.Contains("\nSEARCH ", StringComparison.Ordinal),
                $"A filter has no index: a migration must add one on its condition and time_key of the list's time, as pilothouse_0009 does.\n{plan}");
            Assert.True(!plan.Contains("@after_time", StringComparison.Ordinal) || plan.Contains("<expr><?", StringComparison.Ordinal), plan);
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(3000)]
    public void No_list_with_several_filters_walks_through_what_does_not_fit(int rows)
    {
        FillAndOptimize(rows);
        var lists = typeof(Server).Assembly.GetTypes().SelectMany(Statics<ListSql>).ToList();
        var groups = lists.SelectMany(static list => list.GroupIndexes).ToList();
        var windows = lists.Select(static list => list.WindowReader).OfType<WindowReader>().ToList();
        Assert.True(groups.Count > 6 && windows.Count > 0);
        Assert.All(lists.SelectMany(static list => list.AllEdges()).Concat(groups.SelectMany(static index => index.Statements.Looks)), sql =>
        {
            var plan = Plan(sql);
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
            AssertNoScan(plan);
        });
        Assert.All(groups.SelectMany(static index => index.Statements.Reads, static (index, sql) => (Index: index, Sql: sql)), read =>
        {
            var plan = Plan(read.Sql);
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
            Assert.Matches(@"(?m)^SEARCH \w+ USING (COVERING )?INDEX ph_\w+_groups \(", plan);
            Assert.Equal(read.Index.Width, Regex.Count(plan[read.Sql.ForSqlite.Length..], @"=\?"));
        });
        Assert.All(windows, window =>
        {
            Assert.Matches(@"(?m)^SEARCH trades USING INTEGER PRIMARY KEY \(", Plan(window.Statements.Few));
            Assert.Matches(@"(?m)^SEARCH trades USING (COVERING )?INDEX ph_trades_close \(", Plan(window.Statements.Few));
            Assert.Matches(@"(?m)^SEARCH trades USING (COVERING )?INDEX ph_trades_close \(", Plan(window.Statements.More));
            Assert.All(window.Statements.Held, sql =>
            {
                var plan = Plan(sql);
                Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
                Assert.Matches(@"(?m)^(SCAN|SEARCH) trades USING (COVERING )?INDEX ph_trades_held", plan);
            });
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3000)]
    public void Retention_finds_and_deletes_by_indexes(int rows)
    {
        FillAndOptimize(rows);
        var statements = RetentionRules.All.SelectMany(static rule => rule.Statements).ToList();
        Assert.Equal(RetentionRules.All.Count * 3, statements.Count);
        Assert.All(statements, sql =>
        {
            var plan = Plan(sql);
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
            Assert.DoesNotMatch("(?m)^SCAN ", plan);
            Assert.True(sql.ForSqlite.StartsWith("DELETE", StringComparison.Ordinal) || plan.Contains("<expr>=? AND rowid>?", StringComparison.Ordinal) || plan.Contains("<expr>>? AND <expr><?", StringComparison.Ordinal), plan);
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3000)]
    public void Prices_are_found_by_steps_through_indexes(int rows)
    {
        FillAndOptimize(rows);
        var statements = Statics<Sql>(typeof(PriceStore)).Concat(PriceRanges.Statements).Concat(Statics<Sql[]>(typeof(PriceStore)).SelectMany(static sql => sql)).ToList();
        Assert.Equal(10, statements.Count);
        Assert.All(statements, sql =>
        {
            var plan = Plan(sql);
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);

            // Only the first pair of all is found without a key, at the beginning of its index.
            Assert.DoesNotMatch(@"(?m)^SCAN (candles|signals|market_context|newest|one|here)\b(?! USING (COVERING )?INDEX ph_(candles_series|signals_pair_time|market_context_time)$)", plan);
            Assert.InRange(Regex.Count(plan, "(?m)^SCAN (candles|signals|market_context|newest|one|here) "), 0, 1);
        });
    }

    /// <summary>Commands and the checklist are excepted, because a person starts them and waits.</summary>
    [Fact]
    public void No_other_statement_of_the_server_scans_a_table_of_records()
    {
        FillAndOptimize(3000);
        var statements = typeof(Server).Assembly.GetTypes().Where(static type => type.Namespace is { } folder && !Patient.Contains(folder))
            .SelectMany(static type => Statics<Sql>(type).Select(sql => (Type: type, Sql: sql))).ToList();
        Assert.Contains(statements, static one => one.Type == typeof(CostStore));
        Faults.None(statements.Select(one => (one.Type, Plan: Plan(one.Sql))).Where(static one => Scans(one.Plan))
            .Select(static one => $"{one.Type.Name} walks through a table: a migration must add an index for it.\n{one.Plan}"));
    }

    public void Dispose()
    {
        connection.Dispose();
        folder.Dispose();
    }

    /// <summary>Rows, and the statistics that the nightly work makes of them: plans must be good on any night.</summary>
    private void FillAndOptimize(int rows)
    {
        if (rows == 0)
        {
            return;
        }

        // A row may come before the one that it refers to.
        Column("PRAGMA foreign_keys = OFF");
        foreach (var table in RecordTables.Names)
        {
            var names = Column($"SELECT name FROM pragma_table_info('{table}') WHERE name <> 'id'");
            var values = names.Select(name => name switch
            {
                "timestamp" or "closed_at" or "triggered_at" or "open_time" or "valid_from" => "datetime('2025-01-01', i || ' minutes')",
                "article_url" or "balance" or "period_start" => "i",
                "trade_id" when table == "fills" => "i",
                _ when name.EndsWith("_utc", StringComparison.Ordinal) => "NULL",
                _ when name.EndsWith("_id", StringComparison.Ordinal) => "NULL",
                _ => "'v' || (i % 7)",
            });
            using var insert = connection.CreateCommand();
            insert.CommandText = $"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) INSERT INTO {table}({string.Join(',', names)}) SELECT {string.Join(',', values)} FROM n";
            Assert.Equal(rows, insert.ExecuteNonQuery());
        }

        SqliteUpkeep.Optimize(folder.File("trading_bot.db"));
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(*) FROM sqlite_stat1";
        Assert.True((long)count.ExecuteScalar()! > 20);
    }

    private static void AssertNoScan(string plan) =>
        Assert.False(Scans(plan), $"A table is walked through: a migration must add an index for it.\n{plan}");

    private static bool Scans(string plan) => Regex.IsMatch(plan, $"(?m)^SCAN ({string.Join('|', RecordTables.Names)})$");

    private List<string> Column(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }

    private static IEnumerable<T> Statics<T>(Type type) =>
        type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Where(static field => field.FieldType == typeof(T)).Select(static field => (T)field.GetValue(null)!);

    /// <summary>One step of the plan a line, after the statement itself.</summary>
    private string Plan(Sql sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"EXPLAIN QUERY PLAN {sql.ForSqlite}";
        foreach (var name in Regex.Matches(sql.ForSqlite, @"@\w+").Select(static match => match.Value).Distinct())
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
