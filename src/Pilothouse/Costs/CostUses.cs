using System.Globalization;
using System.Runtime.CompilerServices;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>Reads uses of outside APIs for the kept sums. Equal keys are one object. Not thread-safe.</summary>
internal sealed class CostUses
{
    /// <summary>So many keys are found by the texts that they have, without a look at the letters.</summary>
    private const int Known = 256;

    /// <summary>Rows are read as one range of ids if at most so many rows of the range were not asked for.</summary>
    private const long MostBetween = 1000;

    private const string Columns = $"""
        SELECT id, time_of(timestamp), api_name, operation_type, model, bot_name,
          CASE WHEN decision_id IS NULL THEN NULL ELSE (SELECT agent_name FROM agent_decisions WHERE agent_decisions.id = cost_analytics.decision_id) END,
          api_calls, estimated_cost, cache_hits, cache_misses, input_tokens, output_tokens, cached_tokens, CASE WHEN cost_source IN ('sent', 'priced') THEN 0 WHEN {CostStore.Unpriced} THEN 1 ELSE 0 END
        FROM cost_analytics
        """;

    private static readonly Sql Range = new($"{Columns} WHERE id BETWEEN @first AND @last");

    private static readonly Sql After = new($"{Columns} WHERE id > @id AND id <= @last ORDER BY id LIMIT @limit");

    private static readonly Sql Ids = IdRange.Of("cost_analytics");

    private static readonly Sql OfDay = new($"{Columns} WHERE time_key(timestamp) >= @from AND time_key(timestamp) < @until");

    private static readonly Sql Oldest = new("SELECT time_key(timestamp) FROM cost_analytics WHERE has_time(timestamp) ORDER BY time_key(timestamp) LIMIT 1");

    private readonly CostKey?[] known = new CostKey?[Known];
    private readonly Dictionary<CostKey, CostKey> keys = [];

    /// <summary>Passes on the next uses by their ids, up to <paramref name="last"/>, and at most <paramref name="most"/>.</summary>
    public ValueTask EachAfterAsync(Session session, long id, long last, int most, Action<CostUse> take) =>
        session.Prepare(After).Set("id", (long?)id).Set("last", (long?)last).Set("limit", (long?)most).EachAsync(row => take(Read(row)));

    /// <summary>Returns the lowest and the highest id; null if there is no use.</summary>
    public static ValueTask<(long First, long Last)?> RangeAsync(Session session) => IdRange.ReadAsync(session, Ids);

    /// <summary>Returns the uses of these ids that are still stored.</summary>
    public async ValueTask<List<CostUse>> OfIdsAsync(Session session, SortedSet<long> ids)
    {
        if (ids.Max - ids.Min is >= 0 and var span && span <= ids.Count + MostBetween)
        {
            var all = await session.Prepare(Range).Set("first", (long?)ids.Min).Set("last", (long?)ids.Max).ListAsync(Read);
            return all.FindAll(use => ids.Contains(use.Id));
        }

        var found = new List<CostUse>(ids.Count);
        foreach (var id in ids)
        {
            found.AddRange(await session.Prepare(Range).Set("first", (long?)id).Set("last", (long?)id).ListAsync(Read));
        }

        return found;
    }

    /// <summary>Returns the uses of a day. A time with a zone sorts up to a day away from where it belongs, so the days around it are read too.</summary>
    public async ValueTask<List<CostUse>> OfDayAsync(Session session, DateOnly day)
    {
        var uses = await session.Prepare(OfDay).SetKey("from", Key(Beside(day, -1)))
            .SetKey("until", day < DateOnly.MaxValue.AddDays(-1) ? Key(day.AddDays(2)) : "\uffff").ListAsync(Read);
        return uses.FindAll(use => use.Day == day);
    }

    /// <summary>Returns the text by which the oldest use sorts; null if there is none.</summary>
    public static ValueTask<string?> OldestAsync(Session session) => session.Prepare(Oldest).FirstAsync(static row => row.Text(0));

    /// <summary>Returns the day of a text by which times sort; null if it is no time.</summary>
    public static DateOnly? DayOf(string? key) =>
        key is { Length: >= 10 } && DateOnly.TryParseExact(key.AsSpan(0, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    /// <summary>Returns the day so many days after another, or the last or first day that there is: rows of other programs have any year.</summary>
    public static DateOnly Beside(DateOnly day, int days) =>
        DateOnly.FromDayNumber(Math.Clamp(day.DayNumber + days, DateOnly.MinValue.DayNumber, DateOnly.MaxValue.DayNumber));

    private static string Key(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private CostUse Read(Row row) => new(
        row.Id(0), row.Time(1) is { } time ? DateOnly.FromDateTime(time.UtcDateTime) : null,
        KeyOf(row.Word(2) ?? "", row.Word(3) ?? "", row.Word(4), row.Word(5), row.Word(6)), row.Whole(7) ?? 0, row.Money(8), row.Whole(9) ?? 0,
        row.Whole(10) ?? 0, row.Whole(11) ?? 0, row.Whole(12) ?? 0, row.Whole(13) ?? 0, row.Whole(14) == 1);

    private CostKey KeyOf(string api, string operation, string? model, string? bot, string? agent)
    {
        var place = ((((RuntimeHelpers.GetHashCode(api) * 31) + RuntimeHelpers.GetHashCode(operation)) * 31) + RuntimeHelpers.GetHashCode(model)) * 31;
        place = ((place + RuntimeHelpers.GetHashCode(bot)) * 31) + RuntimeHelpers.GetHashCode(agent);
        ref var here = ref known[(place ^ (place >> 16)) & (Known - 1)];
        if (here is { } key && ReferenceEquals(key.Api, api) && ReferenceEquals(key.Operation, operation) && ReferenceEquals(key.Model, model)
            && ReferenceEquals(key.Bot, bot) && ReferenceEquals(key.Agent, agent))
        {
            return key;
        }

        var read = new CostKey(api, operation, model, bot, agent);
        if (keys.TryGetValue(read, out var old))
        {
            // The texts may be other objects with the same letters, which come again with the next rows.
            here = read;
            return old;
        }

        return here = keys[read] = read;
    }
}
