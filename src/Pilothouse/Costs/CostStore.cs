using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>
/// Selects uses of external APIs. A null selects any; both times are inclusive; names of APIs and purposes match in any case.
/// </summary>
internal sealed record ApiCostFilter(
    DateTimeOffset? From, DateTimeOffset? To, string? ApiName, string? OperationType, string? BotName, string? Model);

/// <summary>The table <c>cost_analytics</c>.</summary>
internal static class CostStore
{
    public static readonly Table<NewApiCost> Table = new(
        "cost_analytics", CostJson.Default.NewApiCost, time: "timestamp",
        Column.Time("timestamp"),
        Column.Text("api_name", longest: 100, required: true) with { AnyCase = true, Filter = "Only this API, in any case." },
        Column.Text("operation_type", longest: 100, required: true) with { AnyCase = true, Filter = "Only this purpose, in any case." },
        Column.Whole("api_calls", least: 0) with { Standard = 0L },
        Column.Money("estimated_cost", least: 0) with { Standard = 0m },
        Column.Whole("cache_hits", least: 0) with { Standard = 0L },
        Column.Whole("cache_misses", least: 0) with { Standard = 0L },
        Column.Bot(),
        Column.Text("model", longest: 100) with { AnyCase = true, Filter = "Only this model, in any case." },
        Column.Whole("input_tokens", least: 0),
        Column.Whole("output_tokens", least: 0),
        Column.Whole("cached_tokens", least: 0),
        Column.Reference("decision_id", "agent_decisions", "decision") with { Filter = "Only what was used for this decision." },
        Column.Reference("signal_id", "signals", "signal"),
        Column.Reference("analysis_id", "chart_analyses", "analysis"),
        Column.Computed("cost_source", ColumnKind.Text));

    private static readonly Lazy<Table<NewApiCost, ApiCost>> Uses = new(static () =>
        new(Table.Name, CostJson.Default.NewApiCost, CostJson.Default.ApiCost, Table.Time, [.. Table.Columns]));

    /// <summary>The same table, whose rows are also read: by the list of single uses and by the live stream.</summary>
    public static Table<NewApiCost, ApiCost> Records => Uses.Value;

    public static readonly ListSql List = new(Table)
    {
        Leaders = ["decision_id", "bot_name", "model", "api_name"],
        Groups = ["api_name operation_type model bot_name"],
    };

    /// <summary>
    /// What makes a row unpriced: partial indexes have this very condition. A row of another program that has tokens and no cost is one.
    /// </summary>
    public const string Unpriced = """
        (cost_source = 'unpriced' OR (cost_source IS NULL AND coalesce(estimated_cost, 0) = 0 AND (input_tokens > 0 OR output_tokens > 0 OR cached_tokens > 0)))
        """;

    /// <summary>The name mode is ignored and not taken for a misspelled model, because bots send it with other records.</summary>
    public static readonly InputRules<NewApiCost> Rules = Table.Rules.Record("mode");

    private const string Selected = """
        time_key(timestamp) >= @since AND time_key(timestamp) < @until
          AND (@operation_type IS NULL OR lower(operation_type) = lower(@operation_type))
          AND (@bot_name IS NULL OR bot_name = @bot_name) AND (@model IS NULL OR lower(model) = lower(@model))
        """;

    private const string Window =
        $"SELECT api_name, operation_type, api_calls, estimated_cost, cache_hits, cache_misses FROM cost_analytics WHERE {Selected}";

    /// <summary>Two texts that sort before and after every time.</summary>
    private const string Earliest = "", Latest = "\uffff";

    private static readonly Sql Since = new(Window);

    private static readonly Sql OfApiSince = new($"{Window} AND lower(api_name) = lower(@api_name)");

    private static readonly Sql UnpricedSince = new($"""
        SELECT model, input_tokens, output_tokens, cached_tokens FROM cost_analytics
        WHERE {Unpriced} AND {Selected} AND (@api_name IS NULL OR lower(api_name) = lower(@api_name))
        """);

    /// <summary>
    /// Returns the totals of the selected uses, ordered by API and purpose. Money is added here as decimals, because SQL would add doubles.
    /// </summary>
    public static async ValueTask<List<ApiCostTotal>> TotalsAsync(Session session, ApiCostFilter filter)
    {
        var statement = Bind(session.Prepare(filter.ApiName is null ? Since : OfApiSince), filter);
        if (filter.ApiName is not null)
        {
            statement.Set("api_name", filter.ApiName);
        }

        var sums = new Dictionary<(string Api, string Operation), Sum>();
        await statement.EachAsync(row =>
        {
            var group = (row.Text(0) ?? "", row.Text(1) ?? "");
            if (!sums.TryGetValue(group, out var sum))
            {
                sums[group] = sum = new Sum();
            }

            sum.Add(row);
        });
        return [.. sums.OrderBy(static sum => sum.Key.Api, StringComparer.Ordinal).ThenBy(static sum => sum.Key.Operation, StringComparer.Ordinal)
            .Select(static sum => sum.Value.Total(sum.Key.Api, sum.Key.Operation))];
    }

    /// <summary>Returns the selected uses whose tokens have no known price; null if there are none.</summary>
    public static async ValueTask<UnpricedUses?> UnpricedAsync(Session session, ApiCostFilter filter)
    {
        var (uses, input, output, cached) = (0L, 0L, 0L, 0L);
        var models = new SortedSet<string>(StringComparer.Ordinal);
        await Bind(session.Prepare(UnpricedSince), filter).Set("api_name", filter.ApiName).EachAsync(row =>
        {
            uses++;
            (input, output, cached) = (WholeSum.Plus(input, row.Whole(1)), WholeSum.Plus(output, row.Whole(2)), WholeSum.Plus(cached, row.Whole(3)));
            models.Add(row.Text(0) ?? "");
        });
        models.Remove("");
        return uses == 0 ? null : new(uses, input, output, cached, [.. models]);
    }

    private static Statement Bind(Statement statement, ApiCostFilter filter) => statement
        .SetKey("since", filter.From is { } from ? Timestamps.ToStored(from) : Earliest)
        .SetKey("until", filter.To is { } to ? Timestamps.ToStoredAfter(to) : Latest)
        .Set("operation_type", filter.OperationType).Set("bot_name", filter.BotName).Set("model", filter.Model);

    /// <summary>The running totals of one group. A value that is not a number counts as 0.</summary>
    private sealed class Sum
    {
        private long calls;
        private long hits;
        private long misses;
        private MoneySum cost;

        public void Add(Row row)
        {
            calls = WholeSum.Plus(calls, row.Whole(2));
            cost = cost.Plus(row.Money(3) ?? 0);
            hits = WholeSum.Plus(hits, row.Whole(4));
            misses = WholeSum.Plus(misses, row.Whole(5));
        }

        public ApiCostTotal Total(string api, string operation)
        {
            var lookups = (double)hits + misses;
            return new(api, operation, calls, cost.Value, hits, misses, lookups == 0 ? 0 : 100.0 * hits / lookups);
        }
    }
}

/// <summary>Sums of whole numbers that other programs may have stored.</summary>
internal static class WholeSum
{
    /// <summary>Adds, and stays at the largest number if the sum would overflow. A missing number counts as 0.</summary>
    public static long Plus(long sum, long? value) => (long)Int128.Clamp((Int128)sum + (value ?? 0), long.MinValue, long.MaxValue);
}
