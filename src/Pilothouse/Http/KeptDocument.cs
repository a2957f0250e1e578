using System.Collections.Concurrent;
using Pilothouse.Contract;

namespace Pilothouse.Http;

/// <summary>
/// The OpenAPI document as it was first made: making it takes 20 ms of the processor, it never changes while the server runs, and asking for it is
/// not limited. It names the address it was asked at, so there is one for each.
/// </summary>
internal sealed class KeptDocument : IDisposable
{
    /// <summary>Addresses are the client's words where ALLOWED_HOSTS is *.</summary>
    private const int MostAddresses = 8;

    private readonly ConcurrentDictionary<string, KeptBytes> documents = new(StringComparer.OrdinalIgnoreCase);
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>The name of the session's cookie at the address for which a document is being made.</summary>
    public string CookieName { get; private set; } = SessionCookie.OldName;

    /// <summary>Answers with the document, made by <paramref name="make"/> where it is not known yet, one at a time.</summary>
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
