using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Postgres;

/// <summary>Debian's PgBouncer between the server and PostgreSQL, set up as docs/operations.md says.</summary>
public sealed class PoolerTests
{
    private const string Program = "/usr/sbin/pgbouncer";

    [Theory]
    [InlineData("session")]
    [InlineData("transaction")]
    public async Task The_server_works_behind_PgBouncer(string mode)
    {
        Assert.SkipUnless(File.Exists(Program), "PgBouncer is not installed (Debian: apt-get install pgbouncer).");
        var cluster = await PostgresCluster.SharedAsync();
        var url = await cluster.CreateDatabaseAsync();
        var name = url[(url.LastIndexOf('/') + 1)..];
        using var folder = new TemporaryFolder();
        var port = ServerProcess.FreePort();
        using var pooler = await StartAsync(folder, cluster.Port, port, mode, new Uri(url).UserInfo.Split(':').Select(Uri.UnescapeDataString).ToArray());
        var pooled = string.Create(CultureInfo.InvariantCulture, $"{url.Replace($":{cluster.Port}/", $":{port}/", StringComparison.Ordinal)}?pooler={mode}");
        await using (var server = await ServerProcess.ServeAsync(folder, ("DATABASE_URL", pooled), ("RATE_LIMIT_ENABLED", "false")))
        {
            var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bots", "--scopes", "read,write,control"], ("DATABASE_URL", pooled))).Out.Trim();
            await using (var bots = new RetryingBots(8, key, server.Client.BaseAddress!))
            {
                await bots.MoreAsync(500);
                Assert.Equal(200, (await server.Client.SendAsync("GET", "/api/signals?trading_pair=B1N1/USDT")).Status);
                Assert.Equal(200, (await server.Client.SendAsync("GET", "/api/performance")).Status);
                await bots.CompareAsync(sql => cluster.ExecuteAsync(name, sql));
                Assert.True(bots.Failures.IsEmpty, bots.Told());
            }

            // What pg_dump sets would stay in a connection that is lent for one transaction.
            var (status, body) = await server.Client.SendAsync("POST", "/api/backups", "", ("X-Api-Key", key));
            Assert.True(status == (mode == "session" ? 201 : 503), body.ToJsonString());
            Assert.Equal(201, (await server.Client.SendAsync("POST", "/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":5,"price":1}""", ("X-Api-Key", key))).Status);
            Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["audit", "verify"], ("DATABASE_URL", pooled))).Code);
        }

        await Tool.RunAsync("kill", [pooler.Id.ToString(CultureInfo.InvariantCulture)]);
        await pooler.WaitForExitAsync(TestContext.Current.CancellationToken);
        await cluster.DropAsync(name);
    }

    private static async Task<Process> StartAsync(TemporaryFolder folder, int server, int port, string mode, string[] user)
    {
        await File.WriteAllTextAsync(folder.File("users.txt"), $"\"{user[0]}\" \"{user[1].Replace("\"", "\"\"", StringComparison.Ordinal)}\"\n");
        await File.WriteAllTextAsync(folder.File("pgbouncer.ini"), string.Create(CultureInfo.InvariantCulture, $"""
            [databases]
            * = host=127.0.0.1 port={server}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {folder.File("users.txt")}
            pool_mode = {mode}
            default_pool_size = 40
            ignore_startup_parameters = extra_float_digits,options
            """));
        await Tool.RunAsync("chmod", ["-R", "a+rX", folder.Path]);
        string[] words = Environment.IsPrivilegedProcess ? ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", Program] : [];
        var pooler = Tool.Start(words.Length > 0 ? "setpriv" : Program, [.. words, folder.File("pgbouncer.ini")]);
        pooler.ErrorDataReceived += static (_, _) => { };
        pooler.BeginErrorReadLine();
        for (var tries = 0; ; tries++)
        {
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync("127.0.0.1", port);
                return pooler;
            }
            catch (SocketException) when (tries < 100 && !pooler.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }
}
