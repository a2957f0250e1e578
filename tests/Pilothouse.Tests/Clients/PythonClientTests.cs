using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Clients;

/// <summary>The Python client against the real program: what is killed, and when, neither loses nor doubles a record.</summary>
public sealed class PythonClientTests
{
    private const string Python = "/usr/bin/python3";
    private const int All = 10_000;

    private static readonly string[] Kinds = ["signals trading_pair", "trades trading_pair", "agent_decisions decision", "cost_analytics operation_type"];

    private static string Folder => Repository.PathOf("clients", "python");

    [Fact]
    public async Task Its_own_tests_are_green()
    {
        var (code, _, error) = await RunAsync(Python, ["-m", "unittest", "discover", "-t", ".", "-s", "tests"]);
        Assert.True(code == 0, error);
        Assert.Contains("\nRan ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_types_hold_and_it_is_Python_3_9()
    {
        using var folder = new TemporaryFolder();
        string[] files = ["pilothouse.py", .. Directory.EnumerateFiles(Path.Combine(Folder, "tests"), "*.py"), .. Directory.EnumerateFiles(Path.Combine(Folder, "examples"), "*.py")];
        var (code, output, error) = await RunAsync("/usr/bin/mypy", ["--strict", "--python-version", "3.9", "--cache-dir", folder.Path, .. files]);
        Assert.True(code == 0, output + error);
        (code, _, error) = await RunAsync(Python, ["-c", "import ast, sys; [ast.parse(open(name).read(), feature_version=(3, 9)) for name in sys.argv[1:]]", .. files]);
        Assert.True(code == 0, error);
    }

    /// <summary>It needs nothing but what Python brings.</summary>
    [Fact]
    public async Task It_imports_the_standard_library_only()
    {
        const string Script = """
            import ast, sys
            tree = ast.parse(open("pilothouse.py").read())
            names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
            names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
            foreign = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
            sys.exit(f"not of the standard library: {foreign}" if foreign else 0)
            """;
        var (code, _, error) = await RunAsync(Python, ["-c", Script]);
        Assert.True(code == 0, error);
    }

    [Fact]
    public async Task Ten_thousand_posts_are_there_once_and_in_order_although_server_and_bot_are_killed_meanwhile()
    {
        using var folder = new TemporaryFolder();
        var port = ServerProcess.FreePort().ToString(CultureInfo.InvariantCulture);
        var server = await ServerProcess.ServeAsync(folder, ("MCP_SERVER_PORT", port));
        Process? bot = null;
        try
        {
            var key = await KeyAsync(folder);
            var begin = DateTime.UtcNow.AddDays(-1).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + "+00:00";
            bot = StartBot(folder, port, key, 1, begin);
            var told = await ReadToAsync(bot, 0, 800);
            await StoredAsync(folder, 200);

            // The server is killed while the bot posts, and the bot goes on writing while the server is away.
            await server.KillAsync();
            told = await ReadToAsync(bot, told, told + 1_500);

            // The bot is killed as well, and nobody is left. It goes on behind the last write that it was told of.
            bot.Kill();
            await bot.WaitForExitAsync();
            told = await ReadToAsync(bot, told, int.MaxValue);
            bot.Dispose();
            Assert.InRange(told, 2_000, All - 1);
            await server.DisposeAsync();
            server = await ServerProcess.ServeAsync(folder, ("MCP_SERVER_PORT", port));
            bot = StartBot(folder, port, key, told, begin);

            // Further deaths of the server, each in the middle of the posts.
            foreach (var stored in new[] { 2_500, 4_500, 6_500, 8_500 })
            {
                await StoredAsync(folder, stored);
                await server.KillAsync();
                await server.DisposeAsync();
                server = await ServerProcess.ServeAsync(folder, ("MCP_SERVER_PORT", port));
            }

            Assert.Equal("left 0", await LastLineAsync(bot));
            foreach (var words in Kinds.Select(static kind => kind.Split(' ')))
            {
                var (table, name) = (words[0], words[1]);
                Assert.Equal($"{All / Kinds.Length}|{All / Kinds.Length}", await SqlAsync(folder, $"SELECT count(*), count(DISTINCT {name}) FROM {table};"));
                Assert.Equal("0", await SqlAsync(folder, $"SELECT count(*) FROM (SELECT {name} AS name, lag({name}) OVER (ORDER BY id) AS before FROM {table}) WHERE before >= name;"));
            }

            Assert.False(File.Exists(Path.Combine(SpoolOf(folder), "refused.jsonl")), "The server refused a record.");
        }
        finally
        {
            if (bot is { HasExited: false })
            {
                bot.Kill();
            }

            bot?.Dispose();
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_example_of_a_loop_survives_a_restart_of_the_server()
    {
        using var folder = new TemporaryFolder();
        var port = ServerProcess.FreePort().ToString(CultureInfo.InvariantCulture);
        var server = await ServerProcess.ServeAsync(folder, ("MCP_SERVER_PORT", port));
        try
        {
            using var bot = Start(folder, port, await KeyAsync(folder), [Path.Combine(Folder, "examples", "paper_exchange_loop.py"), "--rounds", "300", "--pause", "0.02"]);
            await SignalsAsync(folder, 60);
            await server.KillAsync();
            await Task.Delay(700, TestContext.Current.CancellationToken);
            await server.DisposeAsync();
            server = await ServerProcess.ServeAsync(folder, ("MCP_SERVER_PORT", port));

            var done = JsonNode.Parse(await LastLineAsync(bot))!;
            Assert.Equal(0, (int)done["waiting"]!);
            Assert.Equal(300, (int)done["signals"]!);
            Assert.InRange((int)done["opened"]!, 3, 300);
            Assert.Equal($"{done["signals"]}|{done["signals"]}", await SqlAsync(folder, "SELECT count(*), count(DISTINCT timestamp) FROM signals;"));
            Assert.Equal($"{done["opened"]}|{done["opened"]}|{done["closed"]}", await SqlAsync(folder, "SELECT count(*), count(DISTINCT external_id), sum(status = 'closed') FROM trades;"));
            Assert.Equal($"{done["opened"]}", await SqlAsync(folder, "SELECT count(*) FROM trades JOIN signals ON signals.id = trades.signal_id WHERE signals.status = 'executed' AND signals.signal_type = 'BUY';"));
            Assert.Equal("stopped", await SqlAsync(folder, "SELECT status FROM bot_status ORDER BY id DESC LIMIT 1;"));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_other_examples_do_what_they_say()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder);
        var port = server.Port.ToString(CultureInfo.InvariantCulture);
        var key = await KeyAsync(folder);
        using (var bot = Start(folder, port, key, [Path.Combine(Folder, "examples", "ten_line_bot.py")]))
        {
            Assert.StartsWith("0 records wait", await LastLineAsync(bot), StringComparison.Ordinal);
        }

        Assert.Equal("4|4|4", await SqlAsync(folder, "SELECT (SELECT count(*) FROM signals), count(*), sum(status = 'closed') FROM trades;"));
        using (var bot = Start(folder, port, key, [Path.Combine(Folder, "examples", "agent_step.py")]))
        {
            Assert.Equal("approved: True; 0 records wait for the server", await LastLineAsync(bot));
        }

        Assert.Equal("BUY,approve", await SqlAsync(folder, "SELECT group_concat(decision) FROM agent_decisions;"));
        Assert.Equal("risk|5", await SqlAsync(folder, "SELECT agent_name, trade_id FROM agent_decisions WHERE trade_id IS NOT NULL;"));
    }

    /// <summary>Each kind of write once, and what is asked of a bot, on the real server.</summary>
    [Fact]
    public async Task Every_call_of_the_client_is_taken_and_an_order_is_heard_and_done()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder);
        var owner = await KeyAsync(folder, "read,write,control");
        using var bot = Start(folder, server.Port.ToString(CultureInfo.InvariantCulture), await KeyAsync(folder), [Path.Combine(Folder, "tests", "every_call.py")]);
        for (string? line; (line = await bot.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)) is not null;)
        {
            if (line == "listening")
            {
                var (status, answer) = await server.Client.SendAsync("POST", "/api/bots/every_call/control", """{"state":"paused","reason":"lunch"}""", ("X-Api-Key", owner));
                Assert.True(status == 201, answer.ToJsonString());
            }
        }

        await bot.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(bot.ExitCode == 0, await bot.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Equal("1|1", await SqlAsync(folder, "SELECT count(heard_at), count(done_at) FROM bot_control_acks;"));
    }

    private static async Task<(int Code, string Out, string Error)> RunAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["PYTHONDONTWRITEBYTECODE"] = "1" } })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    private static Process StartBot(TemporaryFolder folder, string port, string key, int first, string begin) =>
        Start(folder, port, key, [Path.Combine(Folder, "tests", "ten_thousand.py"), $"{first}", $"{All}", begin]);

    private static Process Start(TemporaryFolder folder, string port, string key, string[] words) => Process.Start(new ProcessStartInfo(Python, words)
    {
        WorkingDirectory = folder.Path,
        RedirectStandardOutput = true,
        RedirectStandardError = words[0].EndsWith("every_call.py", StringComparison.Ordinal),
        Environment =
        {
            ["PILOTHOUSE_URL"] = $"http://127.0.0.1:{port}", ["PILOTHOUSE_API_KEY"] = key, ["PILOTHOUSE_SPOOL_DIR"] = SpoolOf(folder),
            ["PYTHONPATH"] = Folder, ["PYTHONDONTWRITEBYTECODE"] = "1",
        },
    })!;

    private static string SpoolOf(TemporaryFolder folder) => folder.File("spool");

    /// <summary>Reads what the bot says until it has said a number.</summary>
    /// <returns>The last number; less than wanted only where the bot has ended.</returns>
    private static async Task<int> ReadToAsync(Process bot, int told, int wanted)
    {
        while (told < wanted && await bot.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            told = int.Parse(line, CultureInfo.InvariantCulture);
        }

        return told;
    }

    private static async Task<string> LastLineAsync(Process bot)
    {
        var last = "";
        while (await bot.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            last = line;
        }

        await bot.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, bot.ExitCode);
        return last;
    }

    private static async Task StoredAsync(TemporaryFolder folder, int records)
    {
        var sum = string.Join(" + ", Kinds.Select(static kind => $"(SELECT count(*) FROM {kind.Split(' ')[0]})"));
        await UntilAsync(folder, $"SELECT {sum};", records);
    }

    private static Task SignalsAsync(TemporaryFolder folder, int records) => UntilAsync(folder, "SELECT count(*) FROM signals;", records);

    private static async Task UntilAsync(TemporaryFolder folder, string sql, int records)
    {
        for (var watch = Stopwatch.StartNew(); int.Parse(await SqlAsync(folder, sql), CultureInfo.InvariantCulture) < records; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(3), $"{records} records were not stored in time.");
        }
    }

    private static Task<string> SqlAsync(TemporaryFolder folder, string sql) => Tool.SqliteAsync(folder.File("trading_bot.db"), sql);

    private static async Task<string> KeyAsync(TemporaryFolder folder, string scopes = "read,write") =>
        (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "python", "--scopes", scopes])).Out.Trim();
}
