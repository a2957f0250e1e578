using System.Net;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

/// <summary>One browser, several servers.</summary>
public sealed class SessionCookieTests
{
    private const string Login = $$"""{"pin":"{{TestServer.Pin}}"}""";

    [Fact]
    public async Task Two_servers_on_one_host_do_not_log_each_other_out()
    {
        await using var one = await TestServer.StartAsync();
        await using var other = await TestServer.StartAsync(("JWT_SECRET_KEY", TestServer.Secret + "other"));
        using var handler = new SocketsHttpHandler { CookieContainer = new CookieContainer() };
        using var browser = new HttpClient(handler);
        Task<int> AskAsync(TestServer server, string path, string json = Signal) => StatusAsync(browser, new Uri(server.Anonymous.BaseAddress!, path), json);
        Assert.Equal(200, await AskAsync(one, "/api/auth/login", Login));
        Assert.Equal(200, await AskAsync(other, "/api/auth/login", Login));
        Assert.Equal((201, 201), (await AskAsync(one, "/api/signals"), await AskAsync(other, "/api/signals")));
        Assert.Equal(200, await AskAsync(other, "/api/auth/logout"));
        Assert.Equal((201, 401), (await AskAsync(one, "/api/signals"), await AskAsync(other, "/api/signals")));
    }

    [Fact]
    public async Task The_cookie_of_an_earlier_version_is_read_and_ended_with_the_new_one()
    {
        await using var server = await TestServer.StartAsync();
        var old = $"pilothouse_session={await server.LoginAsync()}";
        Assert.Equal(201, await LoginTests.SignalAsync(server.Anonymous, ("Cookie", old)));
        using var login = await server.Anonymous.RawAsync("POST", "/api/auth/login", System.Text.Encoding.UTF8.GetBytes(Login), ("Cookie", old));
        var both = $"{old}; {login.Headers.GetValues("Set-Cookie").Single().Split(';')[0]}";
        using var logout = await server.Anonymous.RawAsync("POST", "/api/auth/logout", null, ("Cookie", both));
        Assert.Equal(HttpStatusCode.OK, logout.StatusCode);
        Assert.Equal(["pilothouse_session", $"pilothouse_session_{server.Anonymous.BaseAddress!.Port}"],
            logout.Headers.GetValues("Set-Cookie").Select(static cookie => cookie.Split('=')[0]).Order(StringComparer.Ordinal));
        Assert.Equal(401, await LoginTests.SignalAsync(server.Anonymous, ("Cookie", old)));
        Assert.Equal(401, await LoginTests.SignalAsync(server.Anonymous, ("Cookie", both)));
    }

    [Fact]
    public async Task Another_servers_cookie_under_the_old_name_is_left_alone()
    {
        await using var server = await TestServer.StartAsync();
        using var login = await server.Anonymous.RawAsync("POST", "/api/auth/login", System.Text.Encoding.UTF8.GetBytes(Login), ("Cookie", "pilothouse_session=of-another-server"));
        var mine = login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        using var logout = await server.Anonymous.RawAsync("POST", "/api/auth/logout", null, ("Cookie", $"pilothouse_session=of-another-server; {mine}"));
        Assert.Equal(HttpStatusCode.OK, logout.StatusCode);
        Assert.Equal(mine.Split('=')[0], logout.Headers.GetValues("Set-Cookie").Single().Split('=')[0]);
    }

    [Fact]
    public async Task The_port_is_the_one_that_the_client_used_and_the_document_names_the_same_cookie()
    {
        // A container may have any port inside; behind a proxy on 443 the address has none.
        await using var server = await TestServer.StartAsync();
        var own = server.Anonymous.BaseAddress!.Port;
        foreach (var (host, port) in new[] { ("localhost:3001", 3001), ("localhost:3002", 3002), ("localhost", own) })
        {
            using var login = await server.Anonymous.RawAsync("POST", "/api/auth/login", System.Text.Encoding.UTF8.GetBytes(Login), ("Host", host));
            Assert.StartsWith($"pilothouse_session_{port}=", login.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
            var (_, document) = await server.Anonymous.SendAsync("GET", "/openapi/v1.json", null, ("Host", host));
            Assert.Equal($"pilothouse_session_{port}", (string?)document["components"]!["securitySchemes"]!["session"]!["name"]);
        }
    }

    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    private static async Task<int> StatusAsync(HttpClient browser, Uri address, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await browser.PostAsync(address, content);
        return (int)answer.StatusCode;
    }
}
