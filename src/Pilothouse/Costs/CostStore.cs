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
        Column.Text("api_name", longest: 100, required: true),
        Column.Text("operation_type", longest: 100, required: true),
        Column.Whole("api_calls", least: 0) with { Standard = 0L },
        Column.Money("estimated_cost", least: 0) with { Standard = 0m },
        Column.Whole("cache_hits", least: 0) with { Standard = 0L },
        Column.Whole("cache_misses", least: 0) with { Standard = 0L },
        Column.Bot(),
        Column.Text("model", longest: 100),
        Column.Whole("input_tokens", least: 0),
        Column.Whole("output_tokens", least: 0),
        Column.Reference("decision_id", "agent_decisions", "decision"));

    /// <summary>The name mode is ignored and not taken for a misspelled model, because bots send it with other records.</summary>
    public static readonly InputRules<NewApiCost> Rules = Table.Rules.Record("mode");

    private const string Window = """
        SELECT api_name, operation_type, api_calls, estimated_cost, cache_hits, cache_misses FROM cost_analytics
        WHERE time_key(timestamp) >= @since AND time_key(timestamp) < @until
          AND (@operation_type IS NULL OR lower(operation_type) = lower(@operation_type))
          AND (@bot_name IS NULL OR bot_name = @bot_name) AND (@model IS NULL OR model = @model)
        """;

    /// <summary>Two texts that sort before and after every time.</summary>
    private const string Earliest = "", Latest = "\uffff";

    private static readonly Sql Since = new(Window);

    private static readonly Sql OfApiSince = new($"{Window} AND lower(api_name) = lower(@api_name)");

    /// <summary>
    /// Returns the totals of the selected uses, ordered by API and purpose. Money is added here as decimals, because SQL would add doubles.
    /// </summary>
    public static async ValueTask<List<ApiCostTotal>> TotalsAsync(Session session, ApiCostFilter filter)
    {
        var statement = session.Prepare(filter.ApiName is null ? Since : OfApiSince)
            .SetKey("since", filter.From is { } from ? Timestamps.ToStored(from) : Earliest)
            .SetKey("until", filter.To is { } to ? Timestamps.ToStoredAfter(to) : Latest)
            .Set("operation_type", filter.OperationType).Set("bot_name", filter.BotName).Set("model", filter.Model);
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

    /// <summary>The running totals of one group. A value that is not a number counts as 0.</summary>
    private sealed class Sum
    {
        private long calls;
        private long hits;
        private long misses;
        private MoneySum cost;

        public void Add(Row row)
        {
            calls = Plus(calls, row.Whole(2));
            cost = cost.Plus(row.Money(3) ?? 0);
            hits = Plus(hits, row.Whole(4));
            misses = Plus(misses, row.Whole(5));
        }

        public ApiCostTotal Total(string api, string operation)
        {
            var lookups = (double)hits + misses;
            return new(api, operation, calls, cost.Value, hits, misses, lookups == 0 ? 0 : 100.0 * hits / lookups);
        }

        /// <summary>Adds, and stays at the largest number if the sum would overflow.</summary>
        private static long Plus(long sum, long? value) => (long)Int128.Clamp((Int128)sum + (value ?? 0), long.MinValue, long.MaxValue);
    }
}
