using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.News;

/// <summary>The operations on news.</summary>
internal sealed class NewsFeature : Feature
{
    private static readonly QueryParameter Asset =
        QueryParameter.Text("asset", "Only articles that name this asset, in any case.") with { Upper = true, Longest = AssetsJson.LongestAsset };

    private static readonly QueryShape ListQuery = new([
        QueryParameter.Limit(50), QueryParameter.Cursor, CsvExport.Format, Asset, .. NewsStore.Table.Filters, QueryParameter.From, QueryParameter.To]);

    private static readonly QueryShape SentimentQuery = new(QueryParameter.Hours, Asset, QueryParameter.Text("source", "Only from this source."));

    public override string Tag => "News";

    public override string About => "What was written about the market.";

    public override IJsonTypeInfoResolver Json => NewsJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<NewsService>();

    public override IEnumerable<EventSource> Events(IServiceProvider parts) => [EventSource.Of(NewsStore.Table, NewsJson.Default.NewsArticle, "news")];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var (news, clock) = (parts.GetRequiredService<NewsService>(), parts.GetRequiredService<TimeProvider>());
        yield return new Read<Page<NewsArticle>>("listNews", "GET /api/news", "Articles that have not expired, newest first", NewsJson.Default.PageNewsArticle, ListAsync)
        {
            Query = ListQuery,

            // What expires soon must not be answered from a kept page.
            TellsAge = static page => page.Data.Any(static article => article.CacheExpiresAt is not null),
            PerMinute = 200,
            Csv = new CsvExport<NewsArticle>("news.csv", parts.GetRequiredService<Database>(), NewsJson.Default.NewsArticle, ListAsync),
        };

        yield return new Read<One<NewsSentiment>>("newsSentiment", "GET /api/news/sentiment", "The mean sentiment of the news, weighted by confidence and age",
            NewsJson.Default.OneNewsSentiment, async (session, _, query) => new(true, await NewsSentiment.ReadAsync(session, query, clock.GetUtcNow())))
        { Query = SentimentQuery, TellsAge = static _ => true, PerMinute = 100 };

        var create = new Write<NewNewsArticle, NewsStored>("createNews", "POST /api/news", "Store an article, in the place of the one with the same URL",
            NewsJson.Default.NewNewsArticle, NewsJson.Default.NewsStored, async (session, call, article) =>
            {
                var id = await news.RecordAsync(session, call.Caller, article);
                return Answer.Created(new NewsStored(true, "News stored successfully", id), NewsStore.Table, id, article);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return create.Batch("createManyNews", "Store up to 5,000 articles, all or none");

        ValueTask<Page<NewsArticle>> ListAsync(Session session, Call call, QueryValues query) => NewsStore.PageAsync(session, query, clock.GetUtcNow());
    }
}
