using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Pilothouse.Configuration;
using Pilothouse.Storage.Postgres;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// A PostgreSQL of the tests' own on a free port of 127.0.0.1, in a temporary folder. It is started when a test first needs it, and ends
/// with the process of the tests, however that ends.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    private const string Password = "test-pass word's";

    /// <summary>Runs the server until the standard input closes: that happens too when the process of the tests is killed.</summary>
    private const string UntilInputEnds = """
        "$@" >"$LOG" 2>&1 &
        server=$!
        cat >/dev/null
        kill -INT "$server" 2>/dev/null
        wait "$server"
        """;

    private static readonly Lazy<Task<PostgresCluster>> Common = new(static async () =>
    {
        var cluster = await StartAsync(new PostgresCluster(TemporaryFolder.InMemory(), FreePort()), ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_wal_size=256MB"]);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.Stop();
        return cluster;
    });

    private readonly TemporaryFolder folder;
    private bool ownsFolder = true;
    private Process server;
    private int databases;

    private PostgresCluster(TemporaryFolder folder, int port)
    {
        this.folder = folder;
        Port = port;
        server = null!;
    }

    public int Port { get; }

    private string Data => folder.File("data");

    /// <summary>The cluster that most tests share. It is in memory where there is enough, and not flushed, so that tests are quick.</summary>
    public static Task<PostgresCluster> SharedAsync() => Common.Value;

    /// <summary>Starts a cluster.</summary>
    public static Task<PostgresCluster> StartAsync(params string[] options) => StartAsync(new PostgresCluster(new TemporaryFolder(), FreePort()), options);

    /// <summary>Starts a cluster on this disk.</summary>
    public static Task<PostgresCluster> StartAsync(SmallDisk disk, params string[] options) =>
        StartAsync(new PostgresCluster(disk.Folder, FreePort()) { ownsFolder = false }, options);

    private static async Task<PostgresCluster> StartAsync(PostgresCluster cluster, string[] options)
    {
        var folder = cluster.folder;
        Directory.CreateDirectory(cluster.Data);
        await File.WriteAllTextAsync(folder.File("password"), Password);
        if (Environment.IsPrivilegedProcess)
        {
            await MustAsync("chown", ["-R", "postgres", folder.Path]);
            await MustAsync("chmod", ["755", folder.Path]);
        }

        await MustAsync("sh", [.. AsUser("initdb"), "-D", cluster.Data, "-U", "owner", "-A", "scram-sha-256", "--pwfile", folder.File("password"), "-E", "UTF8", "--locale=C.UTF-8", "-N"]);
        await cluster.StartAgainAsync(options);
        return cluster;
    }

    /// <summary>Starts a standby that follows this cluster.</summary>
    /// <param name="name">Its name, as <c>synchronous_standby_names</c> of the primary has it.</param>
    /// <param name="options">Further arguments of the program.</param>
    public async Task<PostgresCluster> FollowAsync(string name, params string[] options)
    {
        var folder = new TemporaryFolder();
        var standby = new PostgresCluster(folder, FreePort());
        if (Environment.IsPrivilegedProcess)
        {
            await MustAsync("chown", ["-R", "postgres", folder.Path]);
            await MustAsync("chmod", ["755", folder.Path]);
        }

        var source = string.Create(CultureInfo.InvariantCulture, $"host=127.0.0.1 port={Port} user=owner password='{Password.Replace("'", "\\'", StringComparison.Ordinal)}' application_name={name}");
        await MustAsync("sh", [.. AsUser("pg_basebackup"), "-D", standby.Data, "-R", "-X", "stream", "--checkpoint=fast", "-d", source]);
        await standby.StartAgainAsync(options);
        return standby;
    }

    /// <summary>Makes a standby the primary.</summary>
    public async Task PromoteAsync() => Assert.Equal("True", await ExecuteAsync("postgres", "SELECT pg_promote()"));

    /// <summary>Starts the server of a cluster that was stopped or killed.</summary>
    public async Task StartAgainAsync(params string[] options)
    {
        var start = new ProcessStartInfo("sh", ["-c", UntilInputEnds, "sh", "sh", .. AsUser("postgres"), "-D", Data,
            "-c", "listen_addresses=127.0.0.1", "-c", $"port={Port.ToString(CultureInfo.InvariantCulture)}", "-c", $"unix_socket_directories={folder.Path}", "-c", "max_connections=300", .. options])
        { RedirectStandardInput = true };
        start.Environment["LOG"] = folder.File("server.log");
        server = Process.Start(start)!;
        for (var watch = Stopwatch.StartNew(); ;)
        {
            try
            {
                await using var connection = new NpgsqlConnection(Text("postgres"));
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException error) when (watch.Elapsed < TimeSpan.FromSeconds(30))
            {
                if (server.HasExited)
                {
                    Assert.Fail($"PostgreSQL has ended: {await File.ReadAllTextAsync(folder.File("server.log"))} ({error.Message})");
                }

                await Task.Delay(50);
            }
        }
    }

    public bool HasEnded => server.HasExited;

    /// <summary>What the server has logged.</summary>
    public string Log() => File.ReadAllText(folder.File("server.log"));

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its DATABASE_URL.</returns>
    public async Task<string> CreateDatabaseAsync(string? template = null)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref databases)}");
        await ExecuteAsync("postgres", $"CREATE DATABASE {name}{(template is null ? "" : $" TEMPLATE {template}")}");
        return UrlOf(name);
    }

    public string UrlOf(string database) => string.Create(CultureInfo.InvariantCulture, $"postgres://owner:{Uri.EscapeDataString(Password)}@127.0.0.1:{Port}/{database}");

    /// <summary>Runs SQL on a connection of its own, as another program would.</summary>
    /// <returns>The first column of the first row as text.</returns>
    public async Task<string?> ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(Text(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Opens a new database with the schema of the server.</summary>
    public async Task<(PostgresDatabase Database, string Name)> OpenAsync(int readers = 4, bool durable = true)
    {
        var url = await CreateDatabaseAsync();
        var address = new PostgresAddress(DatabaseUrl.Parse(url));
        new PostgresMigrator(address, NullLogger<PostgresMigrator>.Instance).Migrate();
        return (new PostgresDatabase(address, readers, durable, NullLogger<PostgresDatabase>.Instance), url[(url.LastIndexOf('/') + 1)..]);
    }

    public async Task DropAsync(string database) => await ExecuteAsync("postgres", $"DROP DATABASE {database} WITH (FORCE)");

    /// <summary>Ends every process of the server at once, as a power cut would.</summary>
    public async Task KillAsync()
    {
        var first = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0];
        await Tool.RunAsync("sh", ["-c", $"kill -9 $(ps -o pid= --ppid {first}) {first}"]);
        Stop();
    }

    public void Stop()
    {
        try
        {
            server.StandardInput.Close();
            server.WaitForExit(TimeSpan.FromSeconds(20));
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    public ValueTask DisposeAsync()
    {
        Stop();
        if (ownsFolder)
        {
            folder.Dispose();
        }

        return default;
    }

    /// <summary>The address of a database in the form of Npgsql.</summary>
    public string TextOf(string database) => Text(database);

    private string Text(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = "owner",
        Password = Password,
        Database = database,
        Pooling = false,
    }.ConnectionString;

    /// <summary>The arguments of sh that run a program of PostgreSQL. It refuses to run as root.</summary>
    private static string[] AsUser(string program)
    {
        var path = Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Select(folder => Path.Combine(folder, "bin", program)).LastOrDefault(File.Exists) ?? program;
        return ["-c", Environment.IsPrivilegedProcess ? "exec setpriv --reuid postgres --regid postgres --clear-groups \"$@\"" : "exec \"$@\"", "sh", path];
    }

    private static async Task MustAsync(string program, IEnumerable<string> arguments)
    {
        var (code, output, error) = await Tool.RunAsync(program, arguments);
        Assert.True(code == 0, $"{program}: {output} {error}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
