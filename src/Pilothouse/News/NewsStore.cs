using System.Globalization;
using System.Text;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.News;

/// <summary>
/// The table <c>news_cache</c>: one row for each URL. Triggers keep <c>news_assets</c> beside it: a row for each asset of an article, with
/// what lists of that asset are filtered by.
/// </summary>
internal static class NewsStore
{
    private const int LongestUrl = 2000;

    /// <summary>So many articles are asked for in one statement.</summary>
    private const int Slots = 50;

    public static readonly Table<NewNewsArticle, NewsArticle> Table = new(
        "news_cache", NewsJson.Default.NewNewsArticle, NewsJson.Default.NewsArticle, time: "timestamp",
        Column.Time("timestamp"),
        Column.Text("article_url", LongestUrl, required: true) with { IsKey = true },
        Column.Text("article_title", longest: 1000),
        Column.OneOf("sentiment", NewNewsArticle.Sentiments) with { Filter = "Only with this sentiment." },
        Column.Number("confidence", least: 0, most: 1),
        Column.Time("cache_expires_at") with { MayBeAhead = true },
        Column.Text("source", longest: 100) with { Filter = "Only from this source." },
        Column.Time("published_at"),
        Column.Words("assets", AssetsJson.Most));

    /// <summary>PostgreSQL takes no longer key in bytes.</summary>
    public static readonly InputRules<NewNewsArticle> Rules = Table.Rules.Also("article_url", static article =>
        article.ArticleUrl is { Length: <= LongestUrl } url && Encoding.UTF8.GetByteCount(url) > LongestUrl ? $"must be at most {LongestUrl} bytes long in UTF-8" : null);

    public static readonly ListSql List = new(Table) { Leaders = ["source"], Groups = ["sentiment source"], Expires = "cache_expires_at" };

    /// <summary>The ids of the articles that name an asset.</summary>
    public static readonly ListSql OfAsset = new(
        "news_assets", "id", "listed_at", ("asset", "asset = @asset"), ("sentiment", "lower(sentiment) = @sentiment"), ("source", "source = @source"))
    {
        Leaders = ["asset"],
        Groups = ["asset sentiment source"],
        TimeKey = "own_time_key(listed_at)",
        HasTimeIndex = false,
        Expires = "expires_at",
    };

    private static readonly Sql ByIds = new(
        $"SELECT {Table.Selection} FROM news_cache WHERE id IN ({string.Join(", ", Enumerable.Range(0, Slots).Select(static slot => $"@id{slot}"))})");

    /// <summary>One page of the articles that have not expired, newest first.</summary>
    public static async ValueTask<Page<NewsArticle>> PageAsync(Session session, QueryValues query, DateTimeOffset now)
    {
        query.Now = now;
        if (!query.Has("asset"))
        {
            return await List.PageAsync(session, query, query.Whole("limit"), Table.Read);
        }

        var page = await OfAsset.PageAsync(session, query, query.Whole("limit"), static row => row.Id(0));
        var articles = new Dictionary<long, NewsArticle>();
        foreach (var part in page.Data.Chunk(Slots))
        {
            var statement = session.Prepare(ByIds);
            for (var slot = 0; slot < Slots; slot++)
            {
                statement.Set(string.Create(CultureInfo.InvariantCulture, $"id{slot}"), slot < part.Length ? part[slot] : (long?)null);
            }

            (await statement.ListAsync(Table.Read)).ForEach(article => articles[article.Id] = article);
        }

        List<NewsArticle> found = [.. page.Data.Select(id => articles.GetValueOrDefault(id)).OfType<NewsArticle>()];
        return new(true, found.Count, found, page.NextCursor);
    }
}
