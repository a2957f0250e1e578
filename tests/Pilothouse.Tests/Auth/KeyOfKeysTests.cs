using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

/// <summary>Keys that are made with keys: none allows more than the one that asked for it.</summary>
public sealed class KeyOfKeysTests
{
    [Fact]
    public async Task A_key_for_one_bot_makes_and_revokes_none()
    {
        await using var server = await TestServer.StartAsync();
        using var bot = await ClientAsync(server, """{"name":"bot","scopes":["read","write","control"],"bot_name":"alpha"}""");
        foreach (var (method, path, json) in new[] { ("POST", "/api/keys", """{"name":"a","scopes":["read"],"bot_name":"alpha"}"""), ("DELETE", "/api/keys/1", null) })
        {
            var (status, body) = await bot.SendAsync(method, path, json);
            Assert.Equal((403, "wrong-bot"), (status, (string?)body["code"]));
            Assert.Equal("This API key is for the bot alpha and cannot make or revoke keys. Log in with the PIN, or use a key without bot_name.", (string?)body["message"]);
        }

        Assert.Equal(200, (await bot.SendAsync("GET", "/api/keys")).Status);
        Assert.Equal("2|0", server.Sql("SELECT count(*) || '|' || count(revoked_at) FROM api_keys"));
    }

    [Fact]
    public async Task A_key_gives_no_scope_that_it_lacks_and_the_PIN_gives_all()
    {
        await using var server = await TestServer.StartAsync();
        using var key = server.ClientWithKey(await server.CreateKeyAsync("some", "read", "control"));
        foreach (var (scopes, lacks) in new[] { ("\"write\"", "write"), ("\"Read\",\"WRITE\"", "write"), ("\"read\",\"control\"", null) })
        {
            var (status, body) = await key.SendAsync("POST", "/api/keys", $$"""{"name":"a","scopes":[{{scopes}}]}""");
            Assert.Equal((lacks is null ? 201 : 403, lacks is null ? null : "scope-needed"), (status, (string?)body["code"]));
            Assert.Equal(lacks is not null, ((string)body["message"]!).StartsWith($"This API key lacks the scope {lacks} and cannot give it.", StringComparison.Ordinal));
        }

        using var pin = server.ClientWithKey(await server.LoginAsync());
        Assert.Equal(201, (await pin.SendAsync("POST", "/api/keys", """{"name":"a","scopes":["read","write","control"]}""")).Status);
    }

    [Theory]
    [InlineData(null, 403)]
    [InlineData("2026-04-01T00:00:01Z", 403)]
    [InlineData("2026-04-01T00:00:00Z", 201)]
    [InlineData("2026-03-05", 201)]
    public async Task A_key_that_ends_makes_none_that_lives_longer(string? ends, int expected)
    {
        await using var server = await TestServer.StartAsync();
        using var key = await ClientAsync(server, """{"name":"short","scopes":["control"],"expires_at":"2026-04-01"}""");
        var (status, body) = await key.SendAsync("POST", "/api/keys", ends is null ? """{"name":"a","scopes":["control"]}""" : $$"""{"name":"a","scopes":["control"],"expires_at":"{{ends}}"}""");
        Assert.Equal((expected, expected == 403 ? "scope-needed" : null), (status, (string?)body["code"]));
        Assert.Equal(expected == 403, ((string)body["message"]!).Contains("ends on 2026-04-01T00:00:00Z", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_log_says_who_made_and_who_revoked_a_key()
    {
        await using var server = await TestServer.StartAsync();
        using var pin = server.ClientWithKey(await server.LoginAsync());
        await pin.SendAsync("POST", "/api/keys", """{"name":"noted","scopes":["Write","read"],"expires_at":"2026-04-01"}""", ("X-Request-Id", "made-1"));
        await server.Client.SendAsync("DELETE", "/api/keys/2", null, ("X-Request-Id", "revoked-1"));
        await server.StopAsync();
        var log = await File.ReadAllTextAsync(server.Folder.File("logs/mcp_server_error.log"));
        Assert.Contains("API key 2 was made with read, write, until 2026-04-01 00:00:00, by pin from 127.0.0.1 (request made-1)", log, StringComparison.Ordinal);
        Assert.Contains("API key 2 was revoked by key:1 from 127.0.0.1 (request revoked-1)", log, StringComparison.Ordinal);
    }

    private static async Task<HttpClient> ClientAsync(TestServer server, string json) => server.ClientWithKey((string)(await server.PostAsync("/api/keys", json))["key"]!);
}
