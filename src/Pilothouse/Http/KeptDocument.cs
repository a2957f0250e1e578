using System.Collections.Concurrent;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// Keeps the OpenAPI document after it was first made: making it takes 20 ms of CPU time, it does not change while the server runs, and
/// requests for it are not limited. The document names the address of the server, so one is kept per address.
/// </summary>
internal sealed class KeptDocument : IDisposable
{
    /// <summary>
    /// The most addresses for which a document is kept: with ALLOWED_HOSTS=*, clients can make up any number of addresses.
    /// </summary>
    private const int MostAddresses = 8;

    private readonly ConcurrentDictionary<string, KeptBytes> documents = new(StringComparer.OrdinalIgnoreCase);
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>The name of the session's cookie at the address for which the document is being made.</summary>
    public string CookieName { get; private set; } = SessionCookie.OldName;

    /// <summary>Answers with the kept document, or lets <paramref name="make"/> make it first; only one is made at a time.</summary>
    public async Task AnswerAsync(HttpContext http, RequestDelegate make)
    {
        var address = $"{http.Request.Scheme}://{http.Request.Host.Value}{http.Request.PathBase.Value}";
        if (!documents.TryGetValue(address, out var document))
        {
            await turn.WaitAsync(http.RequestAborted);
            try
            {
                CookieName = SessionCookie.NameFor(http);
                document = documents.GetValueOrDefault(address) ?? Keep(address, new KeptBytes(await MakeAsync(http, make)));
            }
            finally
            {
                turn.Release();
            }
        }

        await JsonAnswer.WriteAsync(http, document);
    }

    public void Dispose() => turn.Dispose();

    private KeptBytes Keep(string address, KeptBytes document)
    {
        if (documents.Count >= MostAddresses)
        {
            documents.Clear();
        }

        return documents[address] = document;
    }

    private static async Task<byte[]> MakeAsync(HttpContext http, RequestDelegate make)
    {
        var answer = http.Response.Body;
        using var made = new MemoryStream();
        http.Response.Body = made;
        try
        {
            await make(http);
        }
        finally
        {
            http.Response.Body = answer;
        }

        return made.ToArray();
    }
}
