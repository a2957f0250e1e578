using System.IO.Compression;
using System.Text.RegularExpressions;
using Pilothouse.Dashboard;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Dashboard;

/// <summary>How the page comes to a browser: its policy, its files, what browsers keep, and what it is made from.</summary>
public sealed partial class DashboardFilesTests
{
    [Fact]
    public async Task The_page_is_never_kept_and_runs_nothing_but_its_own_files()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        foreach (var place in DashboardPage.Places)
        {
            using var answer = await server.Anonymous.RawAsync("GET", place);
            var page = await answer.Content.ReadAsStringAsync();
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
            var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"https?:|\*", policy);
            Assert.DoesNotMatch(@"<script(?![^>]*src=)|<style|style=|\son\w+=", page);
            Assert.NotEmpty(FileOfPage().Matches(page));
        }
    }

    [Fact]
    public async Task Its_files_are_kept_for_ever_and_are_the_same_in_every_encoding()
    {
        await using var server = await TestServer.StartAsync();
        var page = await server.Anonymous.GetStringAsync("/");
        foreach (Match file in FileOfPage().Matches(page))
        {
            var plain = await ContentAsync(server, file.Value, "identity");
            Assert.Equal(plain, await ContentAsync(server, file.Value, "br"));
            Assert.Equal(plain, await ContentAsync(server, file.Value, "gzip"));
            using var head = await server.Anonymous.RawAsync("HEAD", file.Value);
            Assert.Equal("public, max-age=31536000, immutable", head.Headers.CacheControl!.ToString().Replace("max-age=31536000, public", "public, max-age=31536000", StringComparison.Ordinal));
        }

        foreach (var unknown in new[] { "/assets/index.html", "/assets/none.js", "/assets/..%2findex.html", "/nowhere" })
        {
            using var answer = await server.Anonymous.RawAsync("GET", unknown);
            Assert.Equal(404, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Behind_a_prefix_the_page_names_its_files_and_its_server_under_it()
    {
        await using var server = await TestServer.StartAsync(("PATH_BASE", "/bots/one"));
        var page = await server.Anonymous.GetStringAsync("/bots/one/control");
        Assert.Contains("name=\"pilothouse-base\" content=\"/bots/one\"", page, StringComparison.Ordinal);
        Assert.NotEmpty(FileOfPage().Matches(page));
        foreach (Match file in FileOfPage().Matches(page))
        {
            Assert.StartsWith("/bots/one/assets/", file.Value, StringComparison.Ordinal);
            using var answer = await server.Anonymous.RawAsync("GET", file.Value);
            Assert.Equal(200, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_program_that_was_built_without_Node_says_how_to_get_the_page()
    {
        // These tests are such a program: they hold no page.
        var files = new DashboardFiles(typeof(DashboardFilesTests).Assembly);
        Assert.False(files.HasPage);
        Assert.Null(files.Find("index.html"));
        var http = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        using var body = new MemoryStream();
        http.Request.Method = "GET";
        http.Response.Body = body;
        await new DashboardPage(files).AnswerAsync(http);
        var page = System.Text.Encoding.UTF8.GetString(body.ToArray());
        Assert.Contains("install Node.js", page, StringComparison.Ordinal);
        Assert.Contains("/docs/", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_browser_may_begin_at_each_page()
    {
        var named = PlaceOfPage().Matches(File.ReadAllText(Repository.PathOf("src", "Pilothouse", "Dashboard", "src", "pages", "index.ts"))).Select(static place => place.Groups[1].Value);
        Assert.Equal(named.Order(StringComparer.Ordinal), DashboardPage.Places.Where(static place => !place.Contains('{', StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    /// <summary>To write them anew: npm run types -- openapi.json, in src/Pilothouse/Dashboard, with the served document.</summary>
    [Fact]
    public async Task The_types_of_the_page_are_those_of_the_served_document()
    {
        await using var server = await TestServer.StartAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("openapi.json"), await server.Anonymous.GetStringAsync("/openapi/v1.json"));
        var (code, _, error) = await Tool.RunAsync("node", [Repository.PathOf("src", "Pilothouse", "Dashboard", "types.mjs"), folder.File("openapi.json"), folder.File("made.d.ts")]);
        Assert.True(code == 0, error);
        var kept = Repository.PathOf("src", "Pilothouse", "Dashboard", "src", "api-types.d.ts");
        Assert.True(await File.ReadAllTextAsync(folder.File("made.d.ts")) == await File.ReadAllTextAsync(kept),
            "src/api-types.d.ts is older than the API. Save /openapi/v1.json, and run in src/Pilothouse/Dashboard: npm run types -- openapi.json");
    }

    private static async Task<string> ContentAsync(TestServer server, string path, string encoding)
    {
        using var answer = await server.Anonymous.RawAsync("GET", path, null, ("Accept-Encoding", encoding));
        Assert.Equal(200, (int)answer.StatusCode);
        await using var sent = await answer.Content.ReadAsStreamAsync();
        await using Stream plain = answer.Content.Headers.ContentEncoding.SingleOrDefault() switch
        {
            "br" => new BrotliStream(sent, CompressionMode.Decompress),
            "gzip" => new GZipStream(sent, CompressionMode.Decompress),
            _ => sent,
        };
        using var all = new MemoryStream();
        await plain.CopyToAsync(all);
        Assert.True(all.Length > 100);
        return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(all.ToArray()));
    }

    [GeneratedRegex("(?<=(?:src|href)=\")[^\"#]*assets/[^\"]+")]
    private static partial Regex FileOfPage();

    [GeneratedRegex("path: '([^']+)'")]
    private static partial Regex PlaceOfPage();
}
