using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.News;

/// <summary>Stores articles. Every article goes through this class.</summary>
internal sealed class NewsService(TimeProvider clock)
{
    /// <summary>Stores a checked article in the transaction of <paramref name="session"/>, in the place of the one with the same URL.</summary>
    /// <returns>Its id.</returns>
    public ValueTask<long> RecordAsync(Session session, Caller caller, NewNewsArticle article) =>
        NewsStore.Table.InsertAsync(session, caller, article, clock.GetUtcNow());
}
