using System.Net;
using Pilothouse.Http;

namespace Pilothouse.Dashboard;

/// <summary>
/// The dashboard at /. It is a client like any other: it reads and asks over the public API and the live stream. Its files have names that
/// change with their content, so that browsers keep them for ever; the page that names them is never kept.
/// </summary>
internal sealed class DashboardPage(DashboardFiles files)
{
    /// <summary>What the page may do: run its own script and show its own style, and talk to this server. Workers have this policy too.</summary>
    public const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The addresses of the page: a browser may begin at each of them. pages/index.ts has the same names.</summary>
    public static readonly string[] Places = ["/", "/about", "/agents", "/control", "/market", "/performance", "/signals", "/trades", "/trades/{id}"];

    private const string ForEver = "public, max-age=31536000, immutable";

    private static readonly Dictionary<string, string> ContentTypes = new()
    {
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".woff2"] = "font/woff2",
    };

    private readonly Lazy<string?> index = new(() => files.HasPage ? files.Index() : null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var page = new DashboardPage(new DashboardFiles(typeof(DashboardPage).Assembly));
        foreach (var place in Places)
        {
            routes.MapHandler(place, Routes.Read, page.AnswerAsync).ExcludeFromDescription();
        }

        routes.MapHandler("/assets/{file}", Routes.Read, page.AnswerFileAsync).ExcludeFromDescription();
    }

    /// <summary>Answers the page, with the prefix under which the server is reached in the addresses of its files.</summary>
    public async Task AnswerAsync(HttpContext http)
    {
        var prefix = WebUtility.HtmlEncode(http.Request.PathBase.Value ?? "");
        var text = index.Value?.Replace("\"./", $"\"{prefix}/", StringComparison.Ordinal).Replace("name=\"pilothouse-base\" content=\"\"", $"name=\"pilothouse-base\" content=\"{prefix}\"", StringComparison.Ordinal)
            ?? WithoutPage(prefix);
        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.ContentType = "text/html; charset=utf-8";
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await http.Response.WriteAsync(text, http.RequestAborted);
        }
    }

    /// <summary>Answers a file of the page; 404 if there is none of this name.</summary>
    public async Task AnswerFileAsync(HttpContext http)
    {
        var name = (string)http.Request.RouteValues["file"]!;
        if (!ContentTypes.TryGetValue(Path.GetExtension(name), out var type) || files.Find("assets/" + name) is not var (content, isPacked))
        {
            http.Response.StatusCode = 404;
            return;
        }

        await using var kept = content;
        var response = http.Response.Headers;
        (response.CacheControl, response.ContentSecurityPolicy, http.Response.ContentType) = (ForEver, Policy, type);
        if (!isPacked)
        {
            await SendAsync(http, kept);
        }
        else if (PackedFiles.IsTaken(http, "br"))
        {
            (response.ContentEncoding, response.Vary) = ("br", "Accept-Encoding");
            await SendAsync(http, kept);
        }
        else
        {
            // Browsers take Brotli over HTTPS and from this machine only: elsewhere gzip is made here, once for each browser.
            using var plain = new MemoryStream(Compression.Apply(http, await DashboardFiles.UnpackAsync(kept, http.RequestAborted)).ToArray());
            await SendAsync(http, plain);
        }
    }

    private static Task SendAsync(HttpContext http, Stream content)
    {
        http.Response.ContentLength = content.Length;
        return PackedFiles.SendAsync(http, content);
    }

    /// <summary>What / shows where the program was built without Node.</summary>
    private static string WithoutPage(string prefix) => $"""
        <!doctype html>
        <html lang="en">
        <head>
            <title>Pilothouse</title>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
        </head>
        <body>
            <h1>Pilothouse runs, without its dashboard</h1>
            <p>This program was built on a machine without Node.js, which the dashboard needs to be built. Bots, agents and the API work all the same.</p>
            <p>To get the dashboard: install Node.js 22 (https://nodejs.org), build again with <code>./start_mcp_server.sh restart</code>, and load this page anew.</p>
            <p>The API and its documents: <a href="{prefix}/docs/">{prefix}/docs/</a></p>
        </body>
        </html>
        """;
}
