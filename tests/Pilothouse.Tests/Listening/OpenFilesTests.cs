using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Listening;

/// <summary>The limit of open files is reached: nothing spins, the log says so once, and the server goes on when there is room again.</summary>
public sealed class OpenFilesTests
{
    [Fact]
    public async Task Accepting_waits_where_no_file_can_be_opened_and_goes_on_afterwards()
    {
        Assert.SkipWhen(ServerProcess.Words.Length > 1, "The runtime of a build that is no native binary ends the process where it cannot open a library; .ci/smoke tries the native one.");
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder);

        Assert.Equal(200, (await server.Client.SendAsync("GET", "/health/ready")).Status);
        server.Client.Dispose();
        await LimitAsync(server, Directory.GetFileSystemEntries($"/proc/{Number(server.Id)}/fd").Length + 60);
        await IsFullAsync(server, folder, connections: 200);
    }

    [Fact]
    public async Task A_server_that_starts_with_a_low_limit_closes_what_is_too_much_and_keeps_files_for_itself()
    {
        using var folder = new TemporaryFolder();

        // A build that is no native binary has each library open.
        var most = ServerProcess.Words.Length > 1 ? "480" : "256";
        await using var server = await ServerProcess.ServeAsync(folder, (ServerProcess.OpenFiles, most));
        await IsFullAsync(server, folder, connections: 400);
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["backup"])).Code);
    }

    private static async Task IsFullAsync(ServerProcess server, TemporaryFolder folder, int connections)
    {
        var open = await ConnectAsync(server, connections);
        await Task.Delay(1_000);
        var before = Ticks(server);
        await Task.Delay(2_000);

        // A hundred ticks are a second of one core; an accepting that spins takes all of it. A process that has just started compiles meanwhile.
        Assert.InRange(Ticks(server) - before, 0, 80);
        open.ForEach(static socket => socket.Dispose());
        Assert.True(await AnswersAgainAsync(server), "The server does not answer though there is room again.");
        var said = (await File.ReadAllLinesAsync(folder.File("logs/mcp_server.log"))).Where(static line => line.Contains("open files is reached", StringComparison.Ordinal)).ToList();
        Assert.True(said.Count == 1, $"{said.Count} lines: {await File.ReadAllTextAsync(folder.File("logs/mcp_server.log"))}");
        Assert.Contains("LimitNOFILE", said[0], StringComparison.Ordinal);
        Assert.True(File.ReadLines(folder.File("logs/mcp_server_error.log")).Count() <= 3, "The log is flooded.");
    }

    private static async Task<List<Socket>> ConnectAsync(ServerProcess server, int connections)
    {
        List<Socket> open = [];
        for (var i = 0; i < connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            open.Add(socket);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, server.Port, patience.Token);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // It was closed at once, or is not let in: that is the limit.
            }
        }

        return open;
    }

    /// <summary>Within ten seconds: what waited to be accepted comes first.</summary>
    private static async Task<bool> AnswersAgainAsync(ServerProcess server)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            try
            {
                using var again = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Number(server.Port)}"), Timeout = TimeSpan.FromSeconds(10) };
                return (await again.SendAsync("GET", "/health/ready")).Status == 200;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100);
            }
        }

        return false;
    }

    private static async Task LimitAsync(ServerProcess server, int files) =>
        Assert.Equal(0, (await Tool.RunAsync("prlimit", ["--pid", Number(server.Id), $"--nofile={Number(files)}:{Number(files)}"])).Code);

    /// <summary>Hundredths of a second of processor time that the process has taken.</summary>
    private static long Ticks(ServerProcess server)
    {
        var fields = File.ReadAllText($"/proc/{Number(server.Id)}/stat").Split(") ")[^1].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
