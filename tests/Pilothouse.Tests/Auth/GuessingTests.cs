using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Configuration;
using Pilothouse.Http;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

/// <summary>What an attacker without a credential can achieve by guessing.</summary>
public sealed class GuessingTests
{
    private const string Good = $$"""{"pin":"{{TestServer.Pin}}"}""";

    /// <summary>
    /// A stranger with as many addresses as he likes tries every PIN. What gets through is counted by the real budget; how long a
    /// million takes follows from it, and docs/operations.md must say the same.
    /// </summary>
    [Fact]
    public async Task A_million_PINs_from_many_addresses_take_more_than_a_year()
    {
        var server = await TestServer.StartAsync(("DURABILITY", "normal"));
        try
        {
            const int Days = 4;
            var (strangers, network) = (0, 0);
            for (var minute = 0; minute < Days * 24 * 60; minute++)
            {
                var budget = server.Services.GetRequiredService<LoginBudget>();

                // All addresses of one customer count as one client, but an attacker can rent a network of millions.
                while ((await budget.TakeAsync(From($"2001:db8:{network++ % 65536:x}:{network / 65536:x}::1"))).Left >= 0)
                {
                    strangers++;
                }

                server.Clock.Advance(TimeSpan.FromMinutes(1));
                if (minute == 700)
                {
                    server = await server.RestartAsync(("DURABILITY", "normal"));
                }
            }

            Assert.Equal(50 * 24 * Days, strangers);
            var averageDays = 500_000 / (strangers / Days);
            Assert.Equal(416, averageDays);
            var text = await File.ReadAllTextAsync(Repository.PathOf("docs", "operations.md"));
            Assert.Contains("1,200 a day", text, StringComparison.Ordinal);
            Assert.Contains("416 days on average", text, StringComparison.Ordinal);
            Assert.Contains("833 days", text, StringComparison.Ordinal);

            // The owner could log in all the while.
            await server.LoginAsync();
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_clock_that_is_set_back_gives_no_attempts_and_keeps_nobody_out_for_longer_than_a_window()
    {
        await using var server = await TestServer.StartAsync();
        var back = new JumpingClock { Now = TestServer.Start };
        var budget = new LoginBudget(server.Services.GetRequiredService<Pilothouse.Storage.Database>(), server.Services.GetRequiredService<Settings>(), back);
        var http = From("198.51.100.1");
        for (var left = 4; left >= 0; left--)
        {
            Assert.Equal(left, (await budget.TakeAsync(http)).Left);
        }

        Assert.Equal(-1, (await budget.TakeAsync(http)).Left);
        back.Now -= TimeSpan.FromDays(30);
        var (_, refused, ends) = await budget.TakeAsync(http);
        Assert.Equal(-1, refused);
        Assert.Equal(back.Now + TimeSpan.FromMinutes(15), ends);
        back.Now += TimeSpan.FromMinutes(14);
        Assert.Equal(-1, (await budget.TakeAsync(http)).Left);
        back.Now += TimeSpan.FromMinutes(1);
        Assert.Equal(4, (await budget.TakeAsync(http)).Left);
    }

    [Fact]
    public async Task Attempts_that_are_refused_do_not_reach_the_writer()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 6; i++)
        {
            await server.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"111"}""");
        }

        // While another program locks the file, nothing can be written. A refusal writes nothing, so it still works.
        using var holder = await Tool.HoldLockAsync(server.DatabasePath, 3);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(429, (await server.Anonymous.SendAsync("POST", "/api/auth/login", Good)).Status);
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2.5), $"took {watch.Elapsed}");
        await holder.WaitForExitAsync();
    }

    /// <summary>A right and a wrong PIN take the same time, because both are hashed slowly. The bounds are wide for busy machines.</summary>
    [Fact]
    public async Task A_wrong_PIN_takes_as_long_as_the_right_one()
    {
        await using var server = await TestServer.StartAsync();
        await server.LoginAsync();
        var (right, wrong) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (var i = 0; i < 3; i++)
        {
            server.Clock.Advance(TimeSpan.FromMinutes(15));
            right = await TimeAsync(Good, 200, right);

            // One PIN differs in its first digit and one in its last.
            wrong = await TimeAsync("""{"pin":"946801"}""", 401, wrong);
            wrong = await TimeAsync("""{"pin":"246802"}""", 401, wrong);
        }

        Assert.InRange(wrong / right, 0.3, 3);

        async Task<TimeSpan> TimeAsync(string json, int expected, TimeSpan best)
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal(expected, (await server.Anonymous.SendAsync("POST", "/api/auth/login", json)).Status);
            return watch.Elapsed < best ? watch.Elapsed : best;
        }
    }

    [Fact]
    public async Task Guessed_keys_and_tokens_are_401_and_use_up_the_limits_of_their_address()
    {
        await using var server = await TestServer.StartAsync(("RATE_LIMIT_ENABLED", "true"), ("REQUIRE_AUTH_FOR_READS", "true"));
        for (var left = 99; left >= 0; left--)
        {
            var guess = left % 2 == 0 ? $"ph_{left:d43}" : $"eyJhbGciOiJIUzI1NiJ9.e30.{left:d43}";
            using var answer = await server.Anonymous.RawAsync("POST", "/api/signals", "{}"u8.ToArray(), ("Authorization", $"Bearer {guess}"));
            Assert.Equal((401, left.ToString(CultureInfo.InvariantCulture)), ((int)answer.StatusCode, answer.Headers.GetValues("X-RateLimit-Remaining").Single()));
        }

        Assert.Equal(429, (await server.Anonymous.SendAsync("POST", "/api/signals", "{}", ("X-Api-Key", $"ph_{0:d43}"))).Status);
        Assert.Equal(400, (await server.Client.SendAsync("POST", "/api/signals", "{}")).Status);
    }

    [Fact]
    public async Task A_login_never_takes_over_a_session_that_the_client_brought()
    {
        await using var server = await TestServer.StartAsync();
        var mine = await server.LoginAsync();
        var ids = new HashSet<string> { IdOf(mine) };
        foreach (var brought in new[] { mine, "made-up", $"{mine}x", "" })
        {
            using var answer = await server.Anonymous.RawAsync("POST", "/api/auth/login", Encoding.UTF8.GetBytes(Good), ("Cookie", $"pilothouse_session={brought}"), ("Origin", $"http://127.0.0.1:{server.Anonymous.BaseAddress!.Port}"));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var set = answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0].Split('=', 2)[1];
            Assert.True(ids.Add(IdOf(set)), "the session is not new");
        }

        // A session that was logged out stays so, even if its token is sent with a login.
        await server.Anonymous.SendAsync("POST", "/api/auth/logout", null, ("Authorization", $"Bearer {mine}"));
        server.Clock.Advance(TimeSpan.FromMinutes(15));
        await server.Anonymous.SendAsync("POST", "/api/auth/login", Good, ("Cookie", $"pilothouse_session={mine}"));
        Assert.Equal(401, await LoginTests.SignalAsync(server.Anonymous, ("Cookie", $"pilothouse_session={mine}")));
    }

    [Theory]
    [InlineData(403, "application/json", "Sec-Fetch-Site", "same-site")]
    [InlineData(403, "application/json", "Sec-Fetch-Site", "cross-site")]
    [InlineData(403, "text/plain", "Origin", "null")]
    [InlineData(403, "application/x-www-form-urlencoded", "Origin", "https://evil.example", "Sec-Fetch-Mode", "navigate")]
    [InlineData(403, "application/json", "Origin", "http://127.0.0.1")]
    [InlineData(403, "application/json", "Origin", "https://127.0.0.1:{port}")]
    [InlineData(403, "application/json", "Origin", "http://localhost:{port}")]
    [InlineData(403, "application/json", "Origin", "http://127.0.0.1:{port}", "Origin", "https://evil.example")]
    [InlineData(403, "application/json", "Origin", "http://127.0.0.1:{port}.evil.example")]
    [InlineData(403, "application/json", "Origin", "https://evil.example", "X-HTTP-Method-Override", "GET")]
    [InlineData(403, "application/json", "Origin", "https://evil.example", "Referer", "http://127.0.0.1:{port}/docs")]
    [InlineData(415, "text/plain")]
    [InlineData(415, "application/x-www-form-urlencoded")]
    [InlineData(415, "multipart/form-data; boundary=x")]
    [InlineData(201, "application/json", "Sec-Fetch-Site", "none")]
    public async Task A_page_of_another_site_does_not_write_with_the_owners_cookie(int expected, string type, params string[] headers)
    {
        await using var server = await TestServer.StartAsync();
        var cookie = $"pilothouse_session={await server.LoginAsync()}";
        var port = server.Anonymous.BaseAddress!.Port;
        const string Body = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";
        var lines = string.Concat(headers.Chunk(2).Select(pair => $"{pair[0]}: {pair[1].Replace("{port}", $"{port}", StringComparison.Ordinal)}\r\n"));
        Assert.Equal(expected, await RawHttp.StatusAsync(port, $"POST /api/signals HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nContent-Type: {type}\r\n{lines}Content-Length: {Body.Length}\r\n\r\n{Body}"));
        Assert.Equal(expected == 201 ? "1" : "0", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task A_token_that_brings_its_own_key_is_not_let_in()
    {
        await using var server = await TestServer.StartAsync();
        var parts = (await server.LoginAsync()).Split('.');
        using var rsa = RSA.Create(2048);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = rsa.ExportParameters(false);
        var jwk = $$"""{"kty":"RSA","n":"{{WebEncoders.Base64UrlEncode(key.Modulus!)}}","e":"{{WebEncoders.Base64UrlEncode(key.Exponent!)}}"}""";
        var own = $$"""{"kty":"oct","k":"{{WebEncoders.Base64UrlEncode("attacker-0123456789abcdef01234567"u8.ToArray())}}"}""";
        var attackers = "attacker-0123456789abcdef01234567"u8.ToArray();
        byte[] Rsa(byte[] text) => rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        byte[] Curve(byte[] text) => curve.SignData(text, HashAlgorithmName.SHA256);
        var secret = Encoding.UTF8.GetBytes(TestServer.Secret);
        (string Header, Func<byte[], byte[]> Sign)[] forged =
        [
            ($$"""{"alg":"RS256","typ":"JWT","jwk":{{jwk}}}""", Rsa),
            ("""{"alg":"RS256","typ":"JWT","jku":"https://evil.example/keys","kid":"a"}""", Rsa),
            ("""{"alg":"RS256","typ":"JWT","x5u":"https://evil.example/cert"}""", Rsa),
            ("""{"alg":"PS256","typ":"JWT"}""", Rsa),
            ("""{"alg":"ES256","typ":"JWT"}""", Curve),
            ($$"""{"alg":"HS256","typ":"JWT","jwk":{{own}}}""", text => HMACSHA256.HashData(attackers, text)),
            ("""{"alg":"HS256","typ":"JWT","kid":"../../../dev/null"}""", static text => HMACSHA256.HashData(Array.Empty<byte>(), text)),
            ("""{"alg":"HS256","typ":"JWT","kid":"' UNION SELECT 'a"}""", static text => HMACSHA256.HashData("a"u8, text)),
            ("""{"alg":"hs256","typ":"JWT"}""", text => HMACSHA256.HashData(secret, text)),
            ("""{"alg":["HS256"],"typ":"JWT"}""", text => HMACSHA256.HashData(secret, text)),
            ("""{"alg":"HS384","typ":"JWT"}""", text => HMACSHA384.HashData(secret, text)),
            ("""{"typ":"JWT","alg":"HS256"}""", text => HMACSHA512.HashData(secret, text)),
            ("""{"alg":"dir","enc":"A128CBC-HS256"}""", text => HMACSHA256.HashData(secret, text)),
        ];
        foreach (var (header, sign) in forged)
        {
            var text = $"{WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(header))}.{parts[1]}";
            foreach (var token in new[] { $"{text}.{WebEncoders.Base64UrlEncode(sign(Encoding.ASCII.GetBytes(text)))}", $"{text}.{parts[2]}", $"{text}.{parts[2]}.{parts[1]}.{parts[2]}" })
            {
                Assert.True(await LoginTests.SignalAsync(server.Anonymous, ("Authorization", $"Bearer {token}")) == 401, $"{header} was let in");
            }
        }
    }

    private static string IdOf(string token) => (string)JsonNode.Parse(WebEncoders.Base64UrlDecode(token.Split('.')[1]))!["jti"]!;

    private static DefaultHttpContext From(string address)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        return http;
    }

    /// <summary>The tests' usual clock never goes back.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
