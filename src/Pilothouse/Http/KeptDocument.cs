using System.Collections.Concurrent;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
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

    /// <summary>Answers with the kept document, or makes it first; only one is made at a time.</summary>
    public async Task AnswerAsync(HttpContext http)
    {
        var address = $"{http.Request.Scheme}://{http.Request.Host.Value}{http.Request.PathBase.Value}";
        if (!documents.TryGetValue(address, out var document))
        {
            await turn.WaitAsync(http.RequestAborted);
            try
            {
                CookieName = SessionCookie.NameFor(http);
                document = documents.GetValueOrDefault(address) ?? Keep(address, new KeptBytes(await MakeAsync(http, address)));
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

    /// <summary>
    /// Makes the document for clients that use this address. The library's own route (MapOpenApi) is not used, because it makes every JSON
    /// type of the program half a kilobyte larger.
    /// </summary>
    private static async Task<byte[]> MakeAsync(HttpContext http, string address)
    {
        var document = await http.RequestServices.GetRequiredKeyedService<IOpenApiDocumentProvider>(OpenApi.Version).GetOpenApiDocumentAsync(http.RequestAborted);
        document.Servers = [new OpenApiServer { Url = address }];
        using var made = new MemoryStream();
        await document.SerializeAsJsonAsync(made, OpenApiSpecVersion.OpenApi3_1, http.RequestAborted);
        return made.ToArray();
    }
}
