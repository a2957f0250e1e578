using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

public sealed class SessionTests
{
    [Fact]
    public async Task The_cookie_is_out_of_reach_of_scripts_and_of_other_sites()
    {
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "127.0.0.1"));
        var cookie = await CookieAsync(server);
        Assert.StartsWith($"pilothouse_session_{server.Anonymous.BaseAddress!.Port}=", cookie, StringComparison.Ordinal);
        Assert.Contains("max-age=1800", cookie, StringComparison.Ordinal);
        Assert.Contains("path=/", cookie, StringComparison.Ordinal);
        Assert.Contains("samesite=lax", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("secure", cookie, StringComparison.Ordinal);
        Assert.Contains("; secure", await CookieAsync(server, ("X-Forwarded-Proto", "https")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(201)]
    [InlineData(201, "Origin", "self")]
    [InlineData(201, "Origin", "http://dashboard.example:5000", "Sec-Fetch-Site", "cross-site")]
    [InlineData(201, "Origin", "self", "Sec-Fetch-Site", "same-origin")]
    [InlineData(201, "Sec-Fetch-Site", "same-origin")]
    [InlineData(403, "Origin", "https://evil.example")]
    [InlineData(403, "Origin", "null")]
    [InlineData(403, "Origin", "http://dashboard.example:5001")]
    [InlineData(403, "Origin", "http://dashboard.example:5000.evil.example")]
    [InlineData(403, "Sec-Fetch-Site", "cross-site")]
    [InlineData(403, "Origin", "https://evil.example", "Sec-Fetch-Site", "same-site")]
    public async Task A_write_with_the_cookie_is_refused_from_a_page_that_is_not_ours(int expected, params string[] headers)
    {
        await using var server = await TestServer.StartAsync(("CORS_ORIGINS", "http://dashboard.example:5000"));
        var cookie = (await CookieAsync(server)).Split(';')[0];
        var self = $"http://127.0.0.1:{server.Anonymous.BaseAddress!.Port}";
        var sent = headers.Chunk(2).Select(pair => (pair[0], pair[1].Replace("self", self, StringComparison.Ordinal))).Append(("Cookie", cookie)).ToArray();
        Assert.Equal(expected, await LoginTests.SignalAsync(server.Anonymous, sent));
        Assert.Equal(expected == 201 ? "1" : "0", server.Sql("SELECT count(*) FROM signals"));
        Assert.Equal(200, (await server.Anonymous.SendAsync("GET", "/api/signals", null, sent)).Status);

        // A token in a header needs no check of the origin: a page that can send it knows it.
        var token = cookie.Split('=')[1];
        var byHeader = sent.Where(static header => header.Item1 != "Cookie").Append(("Authorization", $"Bearer {token}")).ToArray();
        Assert.Equal(201, await LoginTests.SignalAsync(server.Anonymous, byHeader));
    }

    [Fact]
    public async Task A_foreign_page_can_not_log_the_owner_out()
    {
        await using var server = await TestServer.StartAsync();
        var cookie = (await CookieAsync(server)).Split(';')[0];
        Assert.Equal(403, (await server.Anonymous.SendAsync("POST", "/api/auth/logout", null, ("Cookie", cookie), ("Origin", "https://evil.example"))).Status);
        Assert.Equal("true", (await LoginTests.CheckAsync(server.Anonymous, ("Cookie", cookie))).Authenticated);
    }

    [Fact]
    public async Task Logout_ends_the_session_for_good_and_no_other()
    {
        await using var server = await TestServer.StartAsync();
        var token = await server.LoginAsync();
        var other = await server.LoginAsync();
        using (var client = server.ClientWithKey(token))
        {
            var (status, body) = await client.SendAsync("POST", "/api/auth/logout");
            Assert.Equal(200, status);
            Assert.Equal("""{"success":true,"message":"Logged out successfully"}""", body.ToJsonString());
            Assert.Equal(401, await LoginTests.SignalAsync(client));
        }

        await using var again = await server.RestartAsync();
        using var revoked = again.ClientWithKey(token);
        using var going = again.ClientWithKey(other);
        Assert.Equal(("false", 0), await LoginTests.CheckAsync(revoked));
        Assert.Equal(401, await LoginTests.SignalAsync(revoked));
        Assert.Equal(201, await LoginTests.SignalAsync(going));
    }

    [Fact]
    public async Task Logout_without_a_credential_or_with_an_API_key_is_well_and_ends_nothing()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(200, (await server.Anonymous.SendAsync("POST", "/api/auth/logout")).Status);
        Assert.Equal(200, (await server.Client.SendAsync("POST", "/api/auth/logout")).Status);
        Assert.Equal(201, await LoginTests.SignalAsync(server.Client));
        Assert.Equal(("true", null), await LoginTests.CheckAsync(server.Client));
        Assert.Equal(("false", 0), await LoginTests.CheckAsync(server.Anonymous));
    }

    [Theory]
    [InlineData("Authorization", "Bearer made-up")]
    [InlineData("Authorization", "Bearer ph_0000000000000000000000000000000000000000000")]
    [InlineData("Authorization", "{token}")]
    [InlineData("Authorization", "Basic dXNlcjpwYXNz")]
    [InlineData("Authorization", "Bearer {token}x")]
    [InlineData("X-Api-Key", "made-up")]
    [InlineData("X-Api-Key", "{token}")]
    [InlineData("Cookie", "pilothouse_session=made-up")]
    public async Task Logout_with_a_credential_that_is_not_good_does_not_say_that_it_did_anything(string header, string value)
    {
        await using var server = await TestServer.StartAsync();
        var token = await server.LoginAsync();
        var (status, body) = await server.Anonymous.SendAsync("POST", "/api/auth/logout", null, (header, value.Replace("{token}", token, StringComparison.Ordinal)));
        Assert.Equal((401, "authentication-required"), (status, (string?)body["code"]));
        Assert.EndsWith("Nothing was logged out.", (string?)body["message"], StringComparison.Ordinal);
        Assert.Equal("true", (await LoginTests.CheckAsync(server.Anonymous, ("Authorization", $"Bearer {token}"))).Authenticated);
    }

    [Fact]
    public async Task Logout_of_a_session_that_has_ended_is_401()
    {
        await using var server = await TestServer.StartAsync();
        var (revoked, expired) = (await server.LoginAsync(), await server.LoginAsync());
        Assert.Equal(200, (await server.Anonymous.SendAsync("POST", "/api/auth/logout", null, ("Authorization", $"Bearer {revoked}"))).Status);
        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/api/auth/logout", null, ("Authorization", $"Bearer {revoked}"))).Status);
        server.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/api/auth/logout", null, ("Authorization", $"Bearer {expired}"))).Status);
    }

    [Fact]
    public async Task Another_PIN_or_another_secret_ends_every_session()
    {
        await using var server = await TestServer.StartAsync();
        var token = await server.LoginAsync();
        await using var otherPin = await server.RestartAsync(("BOT_CONTROL_PIN", "864209"));
        using (var client = otherPin.ClientWithKey(token))
        {
            Assert.Equal(401, await LoginTests.SignalAsync(client));
        }

        await using var otherSecret = await otherPin.RestartAsync(("JWT_SECRET_KEY", TestServer.Secret + "x"));
        using (var client = otherSecret.ClientWithKey(token))
        {
            Assert.Equal(401, await LoginTests.SignalAsync(client));
        }

        await using var back = await otherSecret.RestartAsync();
        using var again = back.ClientWithKey(token);
        Assert.Equal(201, await LoginTests.SignalAsync(again));
    }

    [Fact]
    public async Task A_forged_token_does_not_work()
    {
        await using var server = await TestServer.StartAsync();
        var parts = (await server.LoginAsync()).Split('.');
        var payload = JsonNode.Parse(WebEncoders.Base64UrlDecode(parts[1]))!.AsObject();
        string With(Action<JsonObject> change, string header = """{"alg":"HS256","typ":"JWT"}""", string secret = TestServer.Secret)
        {
            var changed = payload.DeepClone().AsObject();
            change(changed);
            var text = $"{Encode(header)}.{Encode(changed.ToJsonString())}";
            return $"{text}.{WebEncoders.Base64UrlEncode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)))}";
        }

        // This shows that the test's own signing works: with the right secret and unchanged claims, the token is valid.
        Assert.Equal(201, await WithTokenAsync(server, With(static _ => { })));
        using var rsa = RSA.Create(2048);
        var rs = $"{Encode("""{"alg":"RS256","typ":"JWT"}""")}.{parts[1]}";
        string[] bad =
        [
            $"{Encode("""{"alg":"none"}""")}.{parts[1]}.",
            $"{Encode("""{"alg":"none"}""")}.{parts[1]}.{parts[2]}",
            $"{Encode("""{"alg":"None","typ":"JWT"}""")}.{parts[1]}.",
            $"{rs}.{WebEncoders.Base64UrlEncode(rsa.SignData(Encoding.UTF8.GetBytes(rs), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}",
            With(static _ => { }, """{"alg":"RS256","typ":"JWT"}"""),
            With(static _ => { }, """{"alg":"HS512","typ":"JWT"}"""),
            With(static _ => { }, """{"typ":"JWT"}"""),
            With(static _ => { }, secret: "another-0123456789abcdef0123456789abcdef"),
            With(static _ => { }, secret: ""),
            With(static token => token["iss"] = "other"),
            With(static token => token["aud"] = "other"),
            With(static token => token.Remove("iss")),
            With(static token => token.Remove("aud")),
            With(static token => token.Remove("exp")),
            With(static token => token.Remove("jti")),
            With(static token => token.Remove("pin")),
            With(static token => token["pin"] = "0123"),
            With(static token => token["pin"] = 7),
            With(static token => token["exp"] = 1),
            With(static token => token["exp"] = "tomorrow"),
            $"{parts[0]}.{Encode("{}")}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.{WebEncoders.Base64UrlEncode(new byte[32])}",
            $"{parts[0]}.{parts[1]}.",
            $"{parts[0]}.{parts[1]}",
            "..", ".", "x", new string('a', 20_000), "ph_", "ph_" + new string('0', 43),
        ];
        foreach (var token in bad)
        {
            Assert.True(await WithTokenAsync(server, token) == 401, $"this was let in: {token}");
            var (status, body) = await server.Anonymous.SendAsync("GET", "/api/auth/check", null, ("Cookie", $"pilothouse_session={token}"));
            Assert.Equal((200, false), (status, (bool)body["authenticated"]!));
        }
    }

    [Fact]
    public async Task Revoked_tokens_and_login_windows_are_forgotten_when_they_have_ended()
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.ClientWithKey(await server.LoginAsync());
        await client.SendAsync("POST", "/api/auth/logout");
        Assert.Equal("1", server.Sql("SELECT count(*) FROM revoked_tokens"));
        var housekeeping = server.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<Pilothouse.Monitoring.Housekeeping>().Single();
        await housekeeping.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("1", server.Sql("SELECT count(*) FROM revoked_tokens"));
        server.Clock.Advance(TimeSpan.FromMinutes(61));
        await housekeeping.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("0", server.Sql("SELECT (SELECT count(*) FROM revoked_tokens) + (SELECT count(*) FROM login_budgets)"));
    }

    private static string Encode(string json) => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(json));

    private static Task<int> WithTokenAsync(TestServer server, string token) => LoginTests.SignalAsync(server.Anonymous, ("Authorization", $"Bearer {token}"));

    private static async Task<string> CookieAsync(TestServer server, params (string Name, string Value)[] headers)
    {
        using var answer = await server.Anonymous.RawAsync("POST", "/api/auth/login", Encoding.UTF8.GetBytes($$"""{"pin":"{{TestServer.Pin}}"}"""), headers);
        return answer.Headers.GetValues("Set-Cookie").Single();
    }
}
