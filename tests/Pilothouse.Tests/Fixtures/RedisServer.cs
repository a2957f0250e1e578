using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// A Redis of a test's own on a free port of 127.0.0.1, without persistence. It ends with the process of the tests, however that ends.
/// </summary>
internal sealed class RedisServer : IAsyncDisposable
{
    /// <summary>An option: the port speaks TLS.</summary>
    public const string OnlyTls = "TLS";

    private const string Program = "/usr/bin/redis-server";

    /// <summary>Runs the server until the standard input closes: that happens too when the process of the tests is killed.</summary>
    private const string UntilInputEnds = """
        "$@" >"$LOG" 2>&1 &
        server=$!
        echo "$server"
        cat >/dev/null
        kill -CONT "$server" 2>/dev/null
        kill -KILL "$server" 2>/dev/null
        wait "$server"
        """;

    private readonly TemporaryFolder folder = new();
    private readonly string[] options;
    private Process? shell;
    private string id = "";

    private RedisServer(int port, string[] options)
    {
        Port = port;
        this.options = options;
    }

    public int Port { get; }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{Port}");

    public static void SkipWhereMissing() =>
        Assert.SkipUnless(File.Exists(Program), "Redis is not installed (Debian: apt-get install redis-server).");

    /// <summary>Chooses a port for a Redis that is not started yet.</summary>
    public static RedisServer Prepare(params string[] options)
    {
        SkipWhereMissing();
        return new(ServerProcess.FreePort(), options);
    }

    public static async Task<RedisServer> StartAsync(params string[] options)
    {
        var redis = Prepare(options);
        await redis.StartAgainAsync();
        return redis;
    }

    /// <summary>Starts the server, empty, and waits until it takes connections.</summary>
    public async Task StartAgainAsync()
    {
        var port = Port.ToString(CultureInfo.InvariantCulture);
        string[] place = options.Contains(OnlyTls) ? ["--port", "0", "--tls-port", port] : ["--port", port];
        string[] own = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.Path, .. place];
        string[] words = ["-c", UntilInputEnds, "sh", Program, .. own, .. options.Where(static option => option != OnlyTls)];
        var start = new ProcessStartInfo("sh", words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["LOG"] = folder.File("redis.log");
        shell = Process.Start(start)!;
        id = await shell.StandardOutput.ReadLineAsync() ?? "";
        for (var watch = Stopwatch.StartNew(); ;)
        {
            try
            {
                using var connection = new TcpClient();
                await connection.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException) when (watch.Elapsed < TimeSpan.FromSeconds(20))
            {
                await Task.Delay(20);
            }
            catch (SocketException)
            {
                Assert.Fail($"Redis does not answer: {await File.ReadAllTextAsync(folder.File("redis.log"))}");
            }
        }
    }

    /// <summary>Runs a command in redis-cli.</summary>
    /// <returns>The lines of the answer.</returns>
    public async Task<string[]> AskAsync(params string[] command)
    {
        var (code, output, error) = await Tool.RunAsync("redis-cli", ["-p", Port.ToString(CultureInfo.InvariantCulture), .. command]);
        Assert.True(code == 0, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Kills the server (kill -9).</summary>
    public async Task KillAsync()
    {
        if (shell is { } running)
        {
            running.StandardInput.Close();
            await running.WaitForExitAsync();
            running.Dispose();
            shell = null;
        }
    }

    /// <summary>Lets the server stand still: its connections stay open, and nothing is answered.</summary>
    public Task PauseAsync() => Tool.RunAsync("kill", ["-STOP", id]);

    public Task ResumeAsync() => Tool.RunAsync("kill", ["-CONT", id]);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        folder.Dispose();
    }
}
