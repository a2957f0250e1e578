using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

/// <summary>POST /api/auth/refresh.</summary>
public sealed class RefreshTests
{
    [Fact]
    public async Task A_renewed_session_goes_on_and_its_old_token_ends_at_once()
    {
        await using var server = await TestServer.StartAsync();
        var old = await server.LoginAsync();
        server.Clock.Advance(TimeSpan.FromMinutes(29));
        var (status, body) = await RefreshAsync(server, old);
        Assert.Equal(200, status);
        Assert.Equal("""["success","message","token","expires_in"]""", "[" + string.Join(',', body.Select(static field => $"\"{field.Key}\"")) + "]");
        Assert.Equal(("Session renewed", 1800), ((string?)body["message"], (int)body["expires_in"]!));
        var renewed = (string)body["token"]!;
        Assert.Equal(401, await WriteAsync(server, old));
        Assert.Equal(201, await WriteAsync(server, renewed));
        Assert.Equal(401, (await RefreshAsync(server, old)).Status);
        server.Clock.Advance(TimeSpan.FromMinutes(29));
        Assert.Equal(201, await WriteAsync(server, renewed));
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(401, await WriteAsync(server, renewed));
        Assert.Equal(401, (await RefreshAsync(server, renewed)).Status);

        // This holds after a restart, too.
        await using var again = await server.RestartAsync();
        Assert.Equal(401, (await RefreshAsync(again, old)).Status);
    }

    [Fact]
    public async Task It_ends_12_hours_after_the_login_however_often_it_is_renewed()
    {
        await using var server = await TestServer.StartAsync();
        var token = await server.LoginAsync();
        var seconds = 0;
        for (var minutes = 0; minutes < 12 * 60; minutes += 29)
        {
            var (status, body) = await RefreshAsync(server, token);
            Assert.Equal(200, status);
            (token, seconds) = ((string)body["token"]!, (int)body["expires_in"]!);
            Assert.Equal(Math.Min(1800, (12 * 3600) - (minutes * 60)), seconds);
            server.Clock.Advance(TimeSpan.FromMinutes(29));
        }

        Assert.InRange(seconds, 1, 29 * 60);
        var (refused, answer) = await RefreshAsync(server, token);
        Assert.Equal((401, "authentication-required"), (refused, (string?)answer["code"]));
        Assert.Equal(401, await WriteAsync(server, token));
    }

    [Fact]
    public async Task A_login_that_lasts_longer_than_12_hours_is_neither_lengthened_nor_shortened()
    {
        await using var server = await TestServer.StartAsync(("SESSION_TIMEOUT_MINUTES", "1440"));
        var token = await server.LoginAsync();
        foreach (var (hours, left) in new[] { (1, 23), (13, 10) })
        {
            server.Clock.Advance(TimeSpan.FromHours(hours));
            var (status, body) = await RefreshAsync(server, token);
            Assert.Equal((200, left * 3600), (status, (int)body["expires_in"]!));
            token = (string)body["token"]!;
        }

        server.Clock.Advance(TimeSpan.FromHours(10));
        Assert.Equal(401, (await RefreshAsync(server, token)).Status);
    }

    [Fact]
    public async Task Of_many_renewals_of_one_token_at_once_one_is_carried_out()
    {
        await using var server = await TestServer.StartAsync();
        var token = await server.LoginAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RefreshAsync(server, token)));
        Assert.Equal(1, answers.Count(static answer => answer.Status == 200));
        Assert.Equal(19, answers.Count(static answer => answer.Status == 401));
    }

    [Fact]
    public async Task Nothing_but_a_good_session_is_renewed()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/api/auth/refresh")).Status);
        Assert.Equal(401, (await RefreshAsync(server, "made-up")).Status);
        var (status, body) = await server.Client.SendAsync("POST", "/api/auth/refresh");
        Assert.Equal((403, "session-needed"), (status, (string?)body["code"]));
        Assert.Equal(201, await LoginTests.SignalAsync(server.Client));
        var ended = await server.LoginAsync();
        await server.Anonymous.SendAsync("POST", "/api/auth/logout", null, ("Authorization", $"Bearer {ended}"));
        Assert.Equal(401, (await RefreshAsync(server, ended)).Status);

        // A logout of the new token ends the session: no earlier token of it comes back.
        var first = await server.LoginAsync();
        var second = (string)(await RefreshAsync(server, first)).Body["token"]!;
        await server.Anonymous.SendAsync("POST", "/api/auth/logout", null, ("Authorization", $"Bearer {second}"));
        Assert.Equal((401, 401), (await WriteAsync(server, first), await WriteAsync(server, second)));
    }

    [Fact]
    public async Task The_cookie_is_renewed_with_it_but_not_for_a_page_of_another_site()
    {
        await using var server = await TestServer.StartAsync();
        using var login = await server.Anonymous.RawAsync("POST", "/api/auth/login", """{"pin":"246801"}"""u8.ToArray());
        var cookie = login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        using var foreign = await server.Anonymous.RawAsync("POST", "/api/auth/refresh", null, ("Cookie", cookie), ("Origin", "https://evil.example"));
        Assert.Equal(403, (int)foreign.StatusCode);
        server.Clock.Advance(TimeSpan.FromMinutes(20));
        using var answer = await server.Anonymous.RawAsync("POST", "/api/auth/refresh", null, ("Cookie", cookie));
        Assert.Equal(200, (int)answer.StatusCode);
        var set = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("max-age=1800", set, StringComparison.Ordinal);
        Assert.Contains("httponly", set, StringComparison.Ordinal);
        var renewed = set.Split(';')[0];
        Assert.Equal(cookie.Split('=')[0], renewed.Split('=')[0]);
        Assert.Equal(401, await LoginTests.SignalAsync(server.Anonymous, ("Cookie", cookie)));
        Assert.Equal(201, await LoginTests.SignalAsync(server.Anonymous, ("Cookie", renewed)));
    }

    [Fact]
    public async Task A_renewal_does_not_begin_a_new_limit()
    {
        await using var server = await TestServer.StartAsync(("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_PER_KEY_PER_MINUTE", "3"));
        var token = await server.LoginAsync();
        for (var i = 0; i < 3; i++)
        {
            token = (string)(await RefreshAsync(server, token)).Body["token"]!;
        }

        Assert.Equal(429, (await RefreshAsync(server, token)).Status);
    }

    private static Task<(int Status, JsonObject Body)> RefreshAsync(TestServer server, string token) =>
        server.Anonymous.SendAsync("POST", "/api/auth/refresh", null, ("Authorization", new AuthenticationHeaderValue("Bearer", token).ToString()));

    private static Task<int> WriteAsync(TestServer server, string token) => LoginTests.SignalAsync(server.Anonymous, ("Authorization", $"Bearer {token}"));
}
