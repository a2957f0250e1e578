using System.IO.Compression;
using System.Security.Cryptography;
using Scalar.AspNetCore;

namespace Pilothouse.Http;

/// <summary>
/// /docs, the page that shows the OpenAPI document. It uses the script of the package Scalar.AspNetCore, but not that package's way to
/// configure it, which has a hundred JSON types and took more than a megabyte of the binary.
/// </summary>
internal static class ReferencePage
{
    private static readonly Dictionary<string, PackedFile> Files = new()
    {
        ["scalar.js"] = new("scalar.js", "text/javascript"),
        ["favicon.svg"] = new("favicon.svg", "image/svg+xml"),
    };

    public static Task AnswerAsync(HttpContext http)
    {
        // The addresses in the page are relative to its folder, so that they are right behind any prefix of a proxy.
        if (!http.Request.Path.Value!.EndsWith('/'))
        {
            http.Response.Redirect("docs/");
            return Task.CompletedTask;
        }

        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        http.Response.Headers.ContentSecurityPolicy = PolicyFor(nonce);
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.WriteAsync(PageWith(nonce), http.RequestAborted);
    }

    /// <summary>Answers a file of the page by its name; 404 if the page has no such file.</summary>
    public static Task AnswerFileAsync(HttpContext http)
    {
        if (http.Request.RouteValues["file"] is string name && Files.TryGetValue(name, out var file))
        {
            return file.AnswerAsync(http);
        }

        http.Response.StatusCode = 404;
        return Task.CompletedTask;
    }

    /// <summary>
    /// The page may run this server's own script and the one inline script that carries this answer's nonce, nothing else.
    /// </summary>
    private static string PolicyFor(string nonce) =>
        $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    /// <summary>
    /// Everything that calls the script author's own services is switched off: the page loads nothing from other machines. Its title is
    /// that of the document.
    /// </summary>
    private static string PageWith(string nonce) => $$"""
        <!doctype html>
        <html lang="en">
        <head>
            <title>Pilothouse API</title>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <link rel="icon" href="favicon.svg">
        </head>
        <body>
            <div id="app"></div>
            <script src="scalar.js" nonce="{{nonce}}"></script>
            <script nonce="{{nonce}}">
                Scalar.createApiReference('#app', {
                    sources: [{ title: 'v1', url: new URL('../openapi/v1.json', location.href).href }], favicon: 'favicon.svg', withDefaultFonts: false, hideClientButton: true,
                    telemetry: false, showDeveloperTools: 'never', agent: { disabled: true }, mcp: { disabled: true }
                })
            </script>
        </body>
        </html>
        """;

    /// <summary>A file of the package, which has it packed with gzip. Browsers keep it and ask whether it is still the same.</summary>
    private sealed class PackedFile(string name, string contentType)
    {
        private string? tag;

        public async Task AnswerAsync(HttpContext http)
        {
            using var packed = Open();
            tag ??= TagOf(packed);
            var (request, response) = (http.Request.Headers, http.Response.Headers);
            (response.CacheControl, response.ETag, response.Vary) = ("no-cache", tag, "Accept-Encoding");
            if (request.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
            {
                http.Response.StatusCode = 304;
                return;
            }

            http.Response.ContentType = contentType;
            if (PackedFiles.IsTaken(http, "gzip"))
            {
                response.ContentEncoding = "gzip";
                http.Response.ContentLength = packed.Length;
                await PackedFiles.SendAsync(http, packed);
                return;
            }

            await using var plain = new GZipStream(packed, CompressionMode.Decompress);
            await PackedFiles.SendAsync(http, plain);
        }

        private Stream Open() => typeof(ScalarOptions).Assembly.GetManifestResourceStream("ScalarStaticAssets." + name)
            ?? throw new InvalidOperationException($"The package Scalar.AspNetCore has no file {name} any more.");

        /// <summary>Returns a name for this content, and sets the stream to its begin again.</summary>
        private static string TagOf(Stream content)
        {
            var hash = SHA256.HashData(content);
            content.Position = 0;
            return $"W/\"{Convert.ToHexStringLower(hash.AsSpan(0, 8))}\"";
        }
    }
}
