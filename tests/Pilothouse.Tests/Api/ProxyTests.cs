using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>How the address of a client is found behind proxies, and that no client can fake it with headers.</summary>
public sealed class ProxyTests
{
    private const string Wrong = """{"pin":"111"}""";

    [Fact]
    public async Task Through_a_trusted_proxy_the_client_is_the_last_address_that_no_proxy_of_ours_has()
    {
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "127.0.0.1,10.0.0.1"), ("IP_ALLOWLIST", "203.0.113.0/24,2001:db8:7::/48"));
        foreach (var (sent, expected) in new[]
        {
            ("203.0.113.5", 200),
            ("198.51.100.7", 403),
            ("203.0.113.5, 198.51.100.7", 403),
            ("127.0.0.1, 198.51.100.7", 403),
            ("198.51.100.7, 203.0.113.5", 200),
            ("198.51.100.7, 10.0.0.1", 403),
            ("203.0.113.5, 10.0.0.1", 200),
            ("203.0.113.5, 10.0.0.2", 403),
            ("127.0.0.1", 403),
            ("127.0.0.1, 127.0.0.1", 403),
            ("::1", 403),
            ("::ffff:127.0.0.1", 403),
            ("::ffff:203.0.113.5", 200),
            ("[2001:db8:7::1]:4000", 200),
            ("[2001:db8:8::1]:4000", 403),
            ("203.0.113.5, nonsense", 403),
            ("nonsense", 403),
            ("", 403),
            ("unknown", 403),
            ("0x7f.1", 403),
        })
        {
            Assert.True(await StatusAsync(server, $"X-Forwarded-For: {sent}\r\n") == expected, $"{sent} did not get {expected}");

            // Two headers of the same name form one list.
            if (sent.Split(", ") is [var first, var second])
            {
                Assert.True(await StatusAsync(server, $"X-Forwarded-For: {first}\r\nX-Forwarded-For: {second}\r\n") == expected, $"{sent} in two headers did not get {expected}");
            }
        }

        Assert.Equal(200, await StatusAsync(server, ""));
    }

    [Fact]
    public async Task Behind_a_proxy_that_nobody_named_a_stranger_is_not_this_machine()
    {
        // Most owners would write it this way. It once let in every client of a proxy on this machine.
        await using var server = await TestServer.StartAsync(("IP_ALLOWLIST", "127.0.0.1,203.0.113.0/24"));
        foreach (var header in new[] { "X-Forwarded-For: 203.0.113.5", "X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1", "Forwarded: for=127.0.0.1", "X-Forwarded-Proto: https", "X-Original-For: 127.0.0.1", "Via: 1.1 proxy" })
        {
            Assert.True(await StatusAsync(server, header + "\r\n") == 403, $"{header} was let in");
        }

        Assert.Equal(200, await StatusAsync(server, ""));
    }

    [Fact]
    public async Task Strangers_behind_a_proxy_that_nobody_named_do_not_use_up_the_owners_attempts()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/api/auth/login", Wrong, ("X-Forwarded-For", $"198.51.100.{i}"))).Status);
        }

        Assert.Equal(429, (await server.Anonymous.SendAsync("POST", "/api/auth/login", Wrong, ("X-Forwarded-For", "198.51.100.9"))).Status);
        await server.LoginAsync();
        Assert.Equal("5", server.Sql("SELECT attempts FROM login_budgets WHERE client = 'all:strangers'"));
    }

    [Fact]
    public async Task X_Forwarded_Host_is_never_believed()
    {
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "127.0.0.1"), ("FORCE_HTTPS", "true"));
        Assert.Equal(403, (await server.Anonymous.SendAsync("GET", "/health", null, ("Host", "evil.example"), ("X-Forwarded-Host", "localhost"))).Status);
        using var answer = await server.Anonymous.RawAsync("GET", "/api/signals", null, ("Host", "localhost"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Port", "1"));
        Assert.Equal("https://localhost/api/signals", answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task IPv4_that_comes_in_IPv6_clothes_is_IPv4()
    {
        await using var server = await TestServer.StartAsync(("MCP_SERVER_HOST", "::"), ("REQUIRE_AUTH_FOR_READS", "false"), ("IP_ALLOWLIST", "203.0.113.0/24"), ("TRUSTED_PROXIES", "::ffff:127.0.0.1"), ("ALLOWED_HOSTS", "*"));
        foreach (var from in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            Assert.Equal(200, await StatusAsync(server, "", from));
            Assert.Equal(from == IPAddress.Loopback ? 200 : 403, await StatusAsync(server, "X-Forwarded-For: ::ffff:203.0.113.9\r\n", from));
            Assert.Equal(403, await StatusAsync(server, "X-Forwarded-For: ::ffff:198.51.100.9\r\n", from));
        }
    }

    [Fact]
    public async Task A_stranger_from_outside_is_one_and_an_address_that_we_listen_on_is_ours()
    {
        var outside = Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork).FirstOrDefault(static address => !IPAddress.IsLoopback(address));
        Assert.SkipWhen(outside is null, "this machine has no address but loopback");
        await using var server = await TestServer.StartAsync(("MCP_SERVER_HOST", "0.0.0.0"), ("REQUIRE_AUTH_FOR_READS", "false"), ("IP_ALLOWLIST", "203.0.113.0/24"), ("ALLOWED_HOSTS", "*"));
        Assert.Equal(403, await StatusAsync(server, "", outside));
        Assert.Equal(403, await StatusAsync(server, "X-Forwarded-For: 203.0.113.5\r\n", outside));
        Assert.Equal(403, await StatusAsync(server, "X-Forwarded-For: 127.0.0.1\r\n", outside));
        await using var ours = await TestServer.StartAsync(("MCP_SERVER_HOST", outside.ToString()), ("REQUIRE_AUTH_FOR_READS", "false"), ("IP_ALLOWLIST", "203.0.113.0/24"));
        Assert.Equal(200, await StatusAsync(ours, "", outside, outside.ToString()));
    }

    [Fact]
    public async Task A_listed_address_that_is_a_proxy_lets_nobody_in_until_it_is_named_as_one()
    {
        var outside = Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork).FirstOrDefault(static address => !IPAddress.IsLoopback(address));
        Assert.SkipWhen(outside is null, "this machine has no address but loopback");
        (string, string)[] settings = [("MCP_SERVER_HOST", "0.0.0.0"), ("REQUIRE_AUTH_FOR_READS", "false"), ("IP_ALLOWLIST", $"{outside},203.0.113.0/24"), ("ALLOWED_HOSTS", "*")];
        await using var server = await TestServer.StartAsync(settings);
        Assert.Equal(200, await StatusAsync(server, "", outside));
        foreach (var header in new[] { "X-Forwarded-For: 198.51.100.9", "X-Forwarded-For: 203.0.113.5", "X-Forwarded-Port: 443", "X-Real-IP: 1.2.3.4", "X-Client-IP: 1.2.3.4", "True-Client-IP: 1.2.3.4", "CF-Connecting-IP: 1.2.3.4", "Forwarded: for=1.2.3.4", "Via: 1.1 proxy", $"X-Original-For: {outside}:80" })
        {
            Assert.True(await StatusAsync(server, header + "\r\n", outside) == 403, $"{header} was let in");
        }

        await using var named = await TestServer.StartAsync([.. settings, ("TRUSTED_PROXIES", outside.ToString())]);
        foreach (var (headers, expected) in new[] { ("X-Forwarded-For: 203.0.113.5\r\nVia: 1.1 proxy\r\n", 200), ("X-Forwarded-For: 198.51.100.9\r\n", 403), ("X-Forwarded-For: 203.0.113.5, 198.51.100.9\r\n", 403), ("", 200) })
        {
            Assert.True(await StatusAsync(named, headers, outside) == expected, $"{headers} did not get {expected}");
        }
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "::ffff:10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3", true)]
    [InlineData("::ffff:10.0.0.0/104", "10.9.9.9", true)]
    [InlineData("::ffff:10.0.0.0/104", "11.9.9.9", false)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("0.0.0.0/0", null, false)]
    [InlineData("::/0", null, false)]
    [InlineData("::ffff:0:0/96", null, false)]
    [InlineData("10.1", null, false)]
    [InlineData("10.0.0.0/33", null, false)]
    [InlineData("10.0.0.0/-1", null, false)]
    [InlineData("nonsense", null, false)]
    public void Networks_are_read_as_they_are_meant(string written, string? address, bool expected)
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "IP_ALLOWLIST", "TRUSTED_PROXIES" })
        {
            if (address is null)
            {
                Assert.Contains(name, Assert.Throws<SettingsException>(() => TestServer.SettingsFor(folder, (name, written))).Message, StringComparison.Ordinal);
                continue;
            }

            var settings = TestServer.SettingsFor(folder, (name, written));
            var http = new DefaultHttpContext();
            http.Connection.RemoteIpAddress = IPAddress.Parse(address);
            Assert.Equal(expected, name == "IP_ALLOWLIST" ? settings.IsOwn(http) : settings.IsTrustedProxy(IPAddress.Parse(address)));
        }
    }

    private static Task<int> StatusAsync(TestServer server, string headers, IPAddress? to = null, string host = "localhost") =>
        RawHttp.StatusAsync(PortOf(server), $"GET /api/signals HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n", to);

    private static int PortOf(TestServer server) => server.Anonymous.BaseAddress!.Port;
}
