using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.News;

/// <summary>The mean sentiment of the articles that name an asset.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="N">How many articles of the window name it and have a sentiment.</param>
/// <param name="Sentiment">From -1 to 1; null where the weights of all are 0.</param>
internal sealed record AssetSentiment(string Asset, long N, double? Sentiment);

/// <summary>The mean sentiment of the news of a window (docs/metrics.md, "News").</summary>
/// <param name="Hours">The length of the window.</param>
/// <param name="From">Its begin.</param>
/// <param name="To">Its end, from which the age of the articles counts.</param>
/// <param name="Asset">The asset that was asked for; null for all articles.</param>
/// <param name="Source">The source that was asked for; null for all.</param>
/// <param name="N">How many articles count: those with a sentiment that have not expired.</param>
/// <param name="Sentiment">Σ weight × score ÷ Σ weight, from -1 (bearish) to 1 (bullish); null without articles.</param>
/// <param name="Weight">Σ of the weights: confidence × 2^(−age ÷ 12 h).</param>
/// <param name="WithoutConfidence">How many of them name no confidence, which counts as 1.</param>
/// <param name="ByAsset">The same for each asset that an article names, the most named first; at most 100.</param>
/// <param name="Undefined">Of a figure that cannot be known, the reason.</param>
internal sealed record NewsSentiment(
    int Hours, DateTimeOffset From, DateTimeOffset To, string? Asset, string? Source, long N, double? Sentiment, double Weight,
    long Bullish, long Neutral, long Bearish, long WithoutConfidence, IReadOnlyList<AssetSentiment> ByAsset, IReadOnlyDictionary<string, string> Undefined)
{
    private const int MostAssets = 100;

    private static readonly TimeSpan HalfLife = TimeSpan.FromHours(12);

    /// <summary>Clocks may differ by this much.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    /// <summary>A time with a zone, which another program stored, sorts up to this far from where it belongs.</summary>
    private static readonly TimeSpan Zones = TimeSpan.FromHours(14);

    private const string Moment = "first_time_key(published_at, timestamp)";

    private static readonly Sql Articles = new($"""
        SELECT sentiment, confidence, time_of(published_at), time_of(timestamp), assets FROM news_cache
        WHERE {Moment} >= @from AND {Moment} < @to AND (cache_expires_at IS NULL OR time_key(cache_expires_at) > @now)
          AND (@source IS NULL OR source = @source)
        """);

    /// <summary>Computes it from the stored articles.</summary>
    public static async ValueTask<NewsSentiment> ReadAsync(Session session, QueryValues query, DateTimeOffset now)
    {
        var (hours, asset, source) = (query.Whole("hours"), query.Text("asset"), query.Text("source"));
        var from = now.AddHours(-hours);
        var all = new Mean();
        var byAsset = new Dictionary<string, Mean>(StringComparer.Ordinal);
        var counts = NewNewsArticle.Sentiments.All.ToDictionary(static word => word, static _ => 0L);
        var withoutConfidence = 0L;
        await session.Prepare(Articles).SetKey("from", Timestamps.ToStored(from - Zones)).SetKey("to", Timestamps.ToStored(now + Ahead + Zones))
            .SetKey("now", Timestamps.ToStored(now)).Set("source", source).EachAsync(Take);
        List<AssetSentiment> assets =
        [
            .. byAsset.OrderByDescending(static one => one.Value.Count).ThenBy(static one => one.Key, StringComparer.Ordinal).Take(MostAssets)
                .Select(static one => new AssetSentiment(one.Key, one.Value.Count, one.Value.Value)),
        ];
        var undefined = new Dictionary<string, string>();
        if (all.Value is null)
        {
            undefined["sentiment"] = all.Count == 0 ? "needs an article with a sentiment that has not expired" : "needs an article whose confidence is above 0";
        }

        return new(hours, from, now, asset, source, all.Count, all.Value, all.Weight, counts["bullish"], counts["neutral"], counts["bearish"],
            withoutConfidence, assets, undefined);

        void Take(Row row)
        {
            if (NewNewsArticle.Sentiments.Normal(row.Text(0)) is not { } sentiment || (row.Time(2) ?? row.Time(3)) is not { } time || time < from || time > now + Ahead)
            {
                return;
            }

            var named = AssetsJson.Of(row.Text(4));
            if (asset is not null && !named.Contains(asset))
            {
                return;
            }

            var confidence = row.Number(1) is >= 0 and <= 1 and var known ? known : (double?)null;
            var weight = (confidence ?? 1) * Math.Pow(2, -Math.Max(0, (now - time) / HalfLife));
            var score = sentiment switch { "bullish" => 1, "bearish" => -1, _ => 0 };
            withoutConfidence += confidence is null ? 1 : 0;
            counts[sentiment]++;
            all.Add(weight, score);
            foreach (var one in named)
            {
                byAsset.TryAdd(one, new());
                byAsset[one].Add(weight, score);
            }
        }
    }

    /// <summary>A weighted mean.</summary>
    private sealed class Mean
    {
        private double sum;

        public long Count { get; private set; }

        public double Weight { get; private set; }

        public double? Value => Weight > 0 ? sum / Weight : null;

        public void Add(double weight, double value)
        {
            Count++;
            Weight += weight;
            sum += weight * value;
        }
    }
}
