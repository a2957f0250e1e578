using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// The program as an owner runs it, in a process of its own. PILOTHOUSE_BINARY names another build of it (the published one). Its
/// environment contains only what a test gives it.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>A name to use in place of a variable, to set how many files the program may have open.</summary>
    public const string OpenFiles = "ulimit -n";

    private readonly Process process;
    private readonly StringBuilder errors = new();

    private ServerProcess(Process process, int port)
    {
        this.process = process;
        Port = port;
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>The words that start the program, without its command.</summary>
    public static string[] Words { get; } = Environment.GetEnvironmentVariable("PILOTHOUSE_BINARY") is { Length: > 0 } binary
        ? [binary]
        : [Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", Path.Combine(AppContext.BaseDirectory, "pilothouse.dll")];

    public int Id => process.Id;

    public int Port { get; }

    public HttpClient Client { get; }

    public string Errors
    {
        get
        {
            lock (errors)
            {
                return errors.ToString();
            }
        }
    }

    /// <summary>Starts <c>serve</c> and waits until it answers.</summary>
    public static async Task<ServerProcess> ServeAsync(TemporaryFolder folder, params (string Name, string Value)[] environment)
    {
        var port = environment.FirstOrDefault(static one => one.Name == "MCP_SERVER_PORT").Value is { } chosen ? int.Parse(chosen, CultureInfo.InvariantCulture) : FreePort();
        var server = new ServerProcess(Start(folder, ["serve"], [("MCP_SERVER_PORT", port.ToString(CultureInfo.InvariantCulture)), .. environment]), port);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromMinutes(1); await Task.Delay(25))
        {
            Assert.False(server.process.HasExited, $"The server ended: {server.Errors}");
            try
            {
                using var answer = await server.Client.GetAsync("/health/live");
                if (answer.IsSuccessStatusCode)
                {
                    return server;
                }
            }
            catch (HttpRequestException)
            {
                // The server does not answer yet.
            }
        }

        throw new TimeoutException($"The server did not answer: {server.Errors}");
    }

    /// <summary>Starts a command that runs until it is stopped but is not a server.</summary>
    public static ServerProcess Begin(TemporaryFolder folder, string[] command, params (string Name, string Value)[] environment) => new(Start(folder, command, environment), 0);

    /// <summary>Runs a command of the program to its end.</summary>
    public static async Task<(int Code, string Out, string Error)> RunAsync(TemporaryFolder folder, string[] command, params (string Name, string Value)[] environment)
    {
        using var process = Start(folder, command, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail($"{string.Join(' ', command)} did not end.");
        }

        return (process.ExitCode, await output, await error);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Kills the process (kill -9).</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Sends SIGTERM and waits for the end.</summary>
    /// <returns>The exit code, and how long the process took to end.</returns>
    public async Task<(int Code, TimeSpan Took)> TerminateAsync()
    {
        var watch = Stopwatch.StartNew();
        await Tool.RunAsync("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync();
        return (process.ExitCode, watch.Elapsed);
    }

    /// <summary>Waits until the process ends by itself.</summary>
    /// <returns>The exit code, and how long it took.</returns>
    public async Task<(int Code, TimeSpan Took)> WaitForEndAsync(TimeSpan patience)
    {
        var watch = Stopwatch.StartNew();
        using var waited = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(waited.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The server did not end. {Errors}");
        }

        return (process.ExitCode, watch.Elapsed);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        Client.Dispose();
        process.Dispose();
    }

    private static Process Start(TemporaryFolder folder, string[] command, (string Name, string Value)[] environment)
    {
        string[] words = [.. Words, .. command];
        if (environment.FirstOrDefault(static one => one.Name == OpenFiles).Value is { } most)
        {
            words = ["prlimit", $"--nofile={most}:{most}", .. words];
        }

        var start = new ProcessStartInfo(words[0], words[1..]);
        start.WorkingDirectory = folder.Path;
        start.RedirectStandardError = start.RedirectStandardOutput = start.RedirectStandardInput = true;
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(static name => name is not ("PATH" or "HOME" or "LANG" or "DOTNET_ROOT" or "TMPDIR")))
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in new[] { ("BOT_CONTROL_PIN", TestServer.Pin), ("JWT_SECRET_KEY", TestServer.Secret), ("DATABASE_PATH", folder.File("trading_bot.db")) }.Concat(environment))
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;

        // Nobody types anything: a command that reads sees the end at once.
        process.StandardInput.Close();
        return process;
    }

    private void Note(string? line)
    {
        lock (errors)
        {
            errors.AppendLine(line);
        }
    }
}
