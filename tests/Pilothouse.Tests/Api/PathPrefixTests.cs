using Pilothouse.Configuration;
using Pilothouse.Tests.Auth;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>A server that a proxy serves under a path of its own.</summary>
public sealed class PathPrefixTests
{
    private const string Login = $$"""{"pin":"{{TestServer.Pin}}"}""";
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    /// <summary>The prefix comes from the setting or from a trusted proxy's header, and the proxy removes it from the path or does not.</summary>
    [Theory]
    [InlineData("PATH_BASE", "/bots/one", "")]
    [InlineData("PATH_BASE", "/bots/one", "/bots/one")]
    [InlineData("PATH_BASE", "/bots/one/", "")]
    [InlineData("TRUSTED_PROXIES", "127.0.0.1", "")]
    [InlineData("TRUSTED_PROXIES", "127.0.0.1", "/bots/one")]
    public async Task The_prefix_is_in_the_documents_address_in_cookies_and_in_redirects(string setting, string value, string before)
    {
        await using var server = await TestServer.StartAsync((setting, value));
        (string, string)[] headers = setting == "PATH_BASE" ? [] : [("X-Forwarded-Prefix", "/bots/one")];
        var (status, document) = await server.Anonymous.SendAsync("GET", before + "/openapi/v1.json", null, headers);
        Assert.Equal(200, status);
        Assert.Equal($"{server.Anonymous.BaseAddress!.OriginalString.TrimEnd('/')}/bots/one", (string?)document["servers"]![0]!["url"]);
        Assert.Equal($"pilothouse_session_{server.Anonymous.BaseAddress.Port}_bots_one", (string?)document["components"]!["securitySchemes"]!["session"]!["name"]);

        using var login = await server.Anonymous.RawAsync("POST", before + "/api/auth/login", System.Text.Encoding.UTF8.GetBytes(Login), headers);
        var cookie = login.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith($"pilothouse_session_{server.Anonymous.BaseAddress.Port}_bots_one=", cookie, StringComparison.Ordinal);
        Assert.Contains("; path=/bots/one;", cookie, StringComparison.Ordinal);
        (string, string)[] all = [.. headers, ("Cookie", cookie.Split(';')[0])];
        Assert.Equal(201, (await server.Anonymous.SendAsync("POST", before + "/api/signals", Signal, all)).Status);
        Assert.Equal(200, (await server.Anonymous.SendAsync("GET", before + "/api/signals", null, all)).Status);
        using var logout = await server.Anonymous.RawAsync("POST", before + "/api/auth/logout", null, all);
        Assert.Contains("; path=/bots/one;", logout.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);

        // The page has relative links only, so that it works behind any prefix.
        using var page = await server.Anonymous.RawAsync("GET", before + "/docs", null, headers);
        if ((int)page.StatusCode is >= 300 and < 400)
        {
            Assert.DoesNotContain("//", page.Headers.Location!.OriginalString, StringComparison.Ordinal);
            Assert.True(!page.Headers.Location.OriginalString.StartsWith('/') || page.Headers.Location.OriginalString.StartsWith("/bots/one/", StringComparison.Ordinal), page.Headers.Location.OriginalString);
        }
    }

    [Fact]
    public async Task The_redirect_to_https_keeps_the_prefix()
    {
        foreach (var (settings, headers) in new ((string, string)[], (string, string)[])[]
        {
            ([("PATH_BASE", "/one")], []),
            ([], [("X-Forwarded-Prefix", "/one")]),
            ([("PATH_BASE", "/other")], [("X-Forwarded-Prefix", "/one")]),
            ([], [("X-Forwarded-Prefix", "/evil, /one")]),
        })
        {
            await using var server = await TestServer.StartAsync([("FORCE_HTTPS", "true"), ("TRUSTED_PROXIES", "127.0.0.1"), .. settings]);
            using var answer = await server.Anonymous.RawAsync("GET", "/api/signals?limit=1", null, [("Host", "localhost"), .. headers]);
            Assert.Equal("https://localhost/one/api/signals?limit=1", answer.Headers.Location!.OriginalString);
        }
    }

    [Fact]
    public async Task Two_prefixes_behind_one_proxy_do_not_log_each_other_out()
    {
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "127.0.0.1"));
        var names = new HashSet<string>();
        foreach (var prefix in new[] { "/one", "/two", "/" })
        {
            using var login = await server.Anonymous.RawAsync("POST", "/api/auth/login", System.Text.Encoding.UTF8.GetBytes(Login), ("X-Forwarded-Prefix", prefix));
            var cookie = login.Headers.GetValues("Set-Cookie").Single();
            Assert.True(names.Add(cookie.Split('=')[0]), cookie);
            Assert.Contains($"; path={prefix};", cookie, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_prefix_is_believed_from_a_trusted_proxy_only()
    {
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "203.0.113.1"));
        var (_, document) = await server.Anonymous.SendAsync("GET", "/openapi/v1.json", null, ("X-Forwarded-Prefix", "/one"));
        Assert.Equal(server.Anonymous.BaseAddress!.OriginalString.TrimEnd('/'), (string?)document["servers"]![0]!["url"]);
        Assert.Equal(404, (await server.Anonymous.SendAsync("GET", "/one/api/signals", null, ("X-Forwarded-Prefix", "/one"))).Status);
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("/a/../b")]
    [InlineData("/a//b")]
    [InlineData("/a?b")]
    [InlineData("/a#b")]
    [InlineData("/a;b")]
    [InlineData("/a%2fb")]
    [InlineData("a")]
    [InlineData("/a b")]
    [InlineData("/ä")]
    public async Task A_malformed_prefix_is_refused_as_a_setting_and_means_nothing_in_the_header(string prefix)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("PATH_BASE", Assert.Throws<SettingsException>(() => TestServer.SettingsFor(folder, ("PATH_BASE", prefix))).Message, StringComparison.Ordinal);
        await using var server = await TestServer.StartAsync(("FORCE_HTTPS", "true"), ("TRUSTED_PROXIES", "127.0.0.1"));
        if (prefix.All(char.IsAscii))
        {
            using var redirect = await server.Anonymous.RawAsync("GET", "/api/signals", null, ("Host", "localhost"), ("X-Forwarded-Prefix", prefix));
            Assert.Equal("https://localhost/api/signals", redirect.Headers.Location!.OriginalString);
        }
    }

    /// <summary>With the prefix /api, the path /api/signals could be ours, or /signals behind the prefix.</summary>
    [Fact]
    public async Task A_prefix_that_is_one_of_our_own_names_is_refused_as_a_setting_and_not_taken_off_by_us()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<SettingsException>(() => TestServer.SettingsFor(folder, ("PATH_BASE", "/api")));
        Assert.Throws<SettingsException>(() => TestServer.SettingsFor(folder, ("PATH_BASE", "/Docs/x")));
        Assert.Equal("/apis", TestServer.SettingsFor(folder, ("PATH_BASE", "/apis")).PathBase);
        Assert.Equal("", TestServer.SettingsFor(folder, ("PATH_BASE", "/")).PathBase);
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "127.0.0.1"));
        Assert.Equal(201, await LoginTests.SignalAsync(server.Client, ("X-Forwarded-Prefix", "/api")));
    }

    [Fact]
    public async Task Requests_of_this_machine_need_no_prefix()
    {
        await using var server = await TestServer.StartAsync(("PATH_BASE", "/one"));
        Assert.Equal(200, (await server.Anonymous.SendAsync("GET", "/health")).Status);
        Assert.Equal(200, (await server.Anonymous.SendAsync("GET", "/one/health")).Status);
        Assert.Equal(404, (await server.Anonymous.SendAsync("GET", "/onehealth")).Status);
        Assert.Equal(404, (await server.Anonymous.SendAsync("GET", "/two/health")).Status);
    }
}
