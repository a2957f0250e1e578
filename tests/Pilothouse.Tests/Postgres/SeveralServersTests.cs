using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Postgres;

/// <summary>Several servers on one PostgreSQL: what one of them knows holds at the other at once, and one may die or be restarted.</summary>
public sealed class SeveralServersTests
{
    private const string Signal = """{"trading_pair":"BTC/USDT","signal_type":"BUY","signal_strength":5,"price":1.5}""";

    [Fact]
    public async Task A_server_that_is_killed_behind_nginx_loses_nothing_that_was_acknowledged()
    {
        Nginx.SkipWhereMissing();
        await using var pair = await Pair.StartAsync();
        await using var nginx = await pair.NginxAsync();
        await using var bots = pair.Bots(nginx);
        var rounds = Environment.GetEnvironmentVariable("PILOTHOUSE_SLOW_TESTS") == "1" ? 50 : 2;
        for (var round = 0; round < rounds; round++)
        {
            await bots.MoreAsync(100);
            await pair.KillAsync(round % 2);
            await bots.MoreAsync(100);
            await pair.ServeAsync(round % 2);
        }

        await bots.CompareAsync(pair.SqlAsync);
        Assert.All(bots.Failures.Keys, static failure => Assert.Matches("^502 server-unavailable", failure));
    }

    [Fact]
    public async Task A_restart_of_one_server_after_the_other_behind_nginx_loses_no_request()
    {
        Nginx.SkipWhereMissing();
        await using var pair = await Pair.StartAsync();
        await using var nginx = await pair.NginxAsync();
        await using var bots = pair.Bots(nginx);
        for (var round = 0; round < 4; round++)
        {
            await bots.MoreAsync(100);
            Assert.Equal(0, await pair.TerminateAsync(round % 2));
            await bots.MoreAsync(50);
            await pair.ServeAsync(round % 2);

            // nginx tries a server again two seconds after it did not answer; the other one must not stop before.
            await Task.Delay(3000, TestContext.Current.CancellationToken);
        }

        await bots.CompareAsync(pair.SqlAsync);
        Assert.True(bots.Failures.IsEmpty, $"{bots.Told()} {await File.ReadAllTextAsync(nginx.Folder.File("error.log"), TestContext.Current.CancellationToken)}");
    }

    [Fact]
    public async Task One_key_at_two_servers_at_the_same_moment_makes_one_row()
    {
        await using var two = await TwoServers.StartAsync();
        var credential = (string)(await two.One.PostAsync("/api/keys", """{"name":"bot","scopes":["read","write"]}"""))["key"]!;
        using var one = two.One.ClientWithKey(credential);
        using var other = two.Two.ClientWithKey(credential);
        for (var round = 0; round < 50; round++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"round-{round}");
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? one : other).SendAsync("POST", "/api/signals", Signal, ("Idempotency-Key", key))));
            Assert.All(answers, static answer => Assert.True(answer.Status == 201 || (answer.Status == 409 && (string?)answer.Body["code"] == "idempotency-in-progress"), answer.Body.ToJsonString()));
            Assert.Single(answers.Where(static answer => answer.Status == 201).Select(static answer => (long)answer.Body["signal_id"]!).Distinct());
        }

        Assert.Equal("50", await two.SqlAsync("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task A_key_that_is_revoked_and_a_session_that_is_logged_out_at_one_server_end_at_the_other_at_once()
    {
        await using var two = await TwoServers.StartAsync();
        for (var round = 0; round < 20; round++)
        {
            var made = await two.One.PostAsync("/api/keys", """{"name":"bot","scopes":["read","write"]}""");
            using var bot = two.Two.ClientWithKey((string)made["key"]!);
            Assert.Equal(201, (await bot.SendAsync("POST", "/api/signals", Signal)).Status);
            Assert.Equal(200, (await two.One.Client.SendAsync("DELETE", $"/api/keys/{made["key_id"]}")).Status);
            Assert.Equal(401, (await bot.SendAsync("POST", "/api/signals", Signal)).Status);
        }

        using var session = two.Two.ClientWithKey(await two.One.LoginAsync());
        Assert.Equal(200, (await session.SendAsync("GET", "/api/auth/check")).Status);
        Assert.Equal(201, (await session.SendAsync("POST", "/api/signals", Signal)).Status);
        using var same = two.One.ClientWithKey(session.DefaultRequestHeaders.Authorization!.Parameter!);
        Assert.Equal(200, (await same.SendAsync("POST", "/api/auth/logout")).Status);
        Assert.Equal(401, (await session.SendAsync("POST", "/api/signals", Signal)).Status);
    }

    [Fact]
    public async Task Attempts_to_log_in_are_counted_together_and_what_one_stores_the_other_answers()
    {
        await using var two = await TwoServers.StartAsync();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            Assert.Equal(401, (await (attempt % 2 == 0 ? two.One : two.Two).Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"000000"}""")).Status);
        }

        Assert.Equal(429, (await two.One.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"000000"}""")).Status);
        Assert.Equal(429, (await two.Two.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"000000"}""")).Status);

        // Kept answers and the ledger of the figures.
        for (var i = 1; i <= 20; i++)
        {
            var (writes, reads) = i % 2 == 0 ? (two.One, two.Two) : (two.Two, two.One);
            await writes.PostAsync("/api/trades", """{"trading_pair":"BTC/USDT","side":"BUY","entry_price":1,"exit_price":2,"quantity":1,"status":"closed","closed_at":"2026-03-02T00:00:00Z","timestamp":"2026-03-01T00:00:00Z"}""");
            Assert.Equal(i, (int)(await reads.GetAsync("/api/trades?limit=100"))["count"]!);
            Assert.Equal(i, (int)(await reads.GetAsync("/api/performance"))["data"]!["total_trades"]!);
        }
    }

    [Fact]
    public async Task Servers_whose_clocks_are_an_hour_apart_keep_keys_lists_and_figures()
    {
        await using var two = await TwoServers.StartAsync(TimeSpan.FromHours(1));
        var key = (string)(await two.One.PostAsync("/api/keys", """{"name":"bot","scopes":["read","write"]}"""))["key"]!;
        using var fromBehind = two.Two.ClientWithKey(key);
        using var fromAhead = two.One.ClientWithKey(key);
        Assert.Equal(201, (await fromBehind.SendAsync("POST", "/api/signals", Signal, ("Idempotency-Key", "one"))).Status);
        Assert.Equal(201, (await fromAhead.SendAsync("POST", "/api/signals", Signal, ("Idempotency-Key", "two"))).Status);

        // The same keys at the other server make no second row.
        Assert.Equal(201, (await fromAhead.SendAsync("POST", "/api/signals", Signal, ("Idempotency-Key", "one"))).Status);
        Assert.Equal("2", await two.SqlAsync("SELECT count(*) FROM signals"));
        foreach (var server in new[] { two.One, two.Two })
        {
            Assert.Equal(2, (int)(await server.GetAsync("/api/signals"))["count"]!);
        }

        for (var i = 0; i < 10; i++)
        {
            await (i % 2 == 0 ? two.One : two.Two).PostAsync("/api/trades", """{"trading_pair":"BTC/USDT","side":"BUY","entry_price":1,"quantity":1}""");
        }

        for (var id = 1; id <= 10; id++)
        {
            Assert.Equal(200, (await (id % 2 == 0 ? two.One : two.Two).Client.SendAsync("POST", $"/api/trades/{id}/close", """{"exit_price":2}""")).Status);
        }

        var (one, other) = (await two.One.GetAsync("/api/performance"), await two.Two.GetAsync("/api/performance"));
        Assert.Equal(10, (int)one["data"]!["total_trades"]!);
        Assert.Equal(one["data"]!.ToJsonString(), other["data"]!.ToJsonString());
        Assert.Equal("0", await two.SqlAsync("SELECT count(*) FROM (SELECT number, lag(number, 1, 0) OVER (ORDER BY id) AS before FROM audit_log) AS rows WHERE number <> before + 1"));
    }

    /// <summary>Two processes on one database, as an owner runs them.</summary>
    private sealed class Pair : IAsyncDisposable
    {
        private readonly PostgresCluster cluster;
        private readonly string url;
        private readonly TemporaryFolder[] folders = [new(), new()];
        private readonly string[] ports = [.. Enumerable.Range(0, 2).Select(static _ => ServerProcess.FreePort().ToString(CultureInfo.InvariantCulture))];
        private readonly ServerProcess?[] servers = [null, null];
        private string key = "";

        private Pair(PostgresCluster cluster, string url) => (this.cluster, this.url) = (cluster, url);

        public static async Task<Pair> StartAsync()
        {
            var cluster = await PostgresCluster.SharedAsync();
            var pair = new Pair(cluster, await cluster.CreateDatabaseAsync());

            // Both migrate at the same time.
            await Task.WhenAll(pair.ServeAsync(0), pair.ServeAsync(1));
            pair.key = (await ServerProcess.RunAsync(pair.folders[0], ["key", "create", "--name", "bots"], pair.Settings(0))).Out.Trim();
            return pair;
        }

        public Task<Nginx> NginxAsync() => Nginx.StartForTwoAsync(int.Parse(ports[0], CultureInfo.InvariantCulture), int.Parse(ports[1], CultureInfo.InvariantCulture), ("rate=100r/s", "rate=10000r/s"));

        public RetryingBots Bots(Nginx nginx) => new(8, key, bot => nginx.ClientFrom($"127.0.0.{bot + 2}"));

        public async Task ServeAsync(int which) => servers[which] = await ServerProcess.ServeAsync(folders[which], Settings(which));

        public async Task KillAsync(int which)
        {
            await servers[which]!.KillAsync();
            await servers[which]!.DisposeAsync();
        }

        public async Task<int> TerminateAsync(int which)
        {
            var (code, _) = await servers[which]!.TerminateAsync();
            await servers[which]!.DisposeAsync();
            return code;
        }

        public Task<string?> SqlAsync(string sql) => cluster.ExecuteAsync(url[(url.LastIndexOf('/') + 1)..], sql);

        public async ValueTask DisposeAsync()
        {
            foreach (var server in servers.OfType<ServerProcess>())
            {
                await server.DisposeAsync();
            }

            Array.ForEach(folders, static folder => folder.Dispose());
            await cluster.DropAsync(url[(url.LastIndexOf('/') + 1)..]);
        }

        private (string Name, string Value)[] Settings(int which) =>
        [
            ("MCP_SERVER_PORT", ports[which]), ("DATABASE_URL", url), ("RATE_LIMIT_ENABLED", "false"), ("JWT_SECRET_KEY", TestServer.Secret), ("BOT_CONTROL_PIN", TestServer.Pin),
            ("TRUSTED_PROXIES", "127.0.0.1"), ("ALLOWED_HOSTS", Nginx.Name),
        ];
    }
}
