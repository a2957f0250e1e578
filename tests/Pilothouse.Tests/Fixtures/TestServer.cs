using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// A real server on a free port of 127.0.0.1 with a database of its own in a temporary folder. Tests use it over HTTP. Its clock stands
/// still until a test moves it. Rate limits are off unless a test turns them on.
/// </summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string Pin = "246801";
    public const string Secret = "test-0123456789abcdef0123456789abcdef";

    /// <summary>
    /// The PIN as its hash, with the fewest rounds that the setting allows. A server that is given the PIN itself computes a hash of 600,000
    /// rounds, which took half of the processor's time of all tests. Tests of the PIN as it is set give it themselves.
    /// </summary>
    private static readonly Lazy<string> PinHash = new(static () =>
    {
        const int Rounds = 100_000;
        var salt = RandomNumberGenerator.GetBytes(16);
        var hash = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(Pin), salt, Rounds, HashAlgorithmName.SHA256, 32);
        return string.Create(CultureInfo.InvariantCulture, $"$pbkdf2-sha256${Rounds}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
    });

    /// <summary>
    /// A file with the schema, which each server on a new folder gets a copy of: the migrations took a third of the processor's time of the
    /// tests. Tests of them, and of a first start, give a folder themselves.
    /// </summary>
    private static readonly Lazy<string> EmptyDatabase = new(static () =>
    {
        var folder = new TemporaryFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        var file = folder.File("trading_bot.db");
        new Migrator(file, folder.File("backups"), new FakeTimeProvider(Start), NullLogger<Migrator>.Instance).Migrate();
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        command.ExecuteNonQuery();
        return file;
    });

    private WebApplication app;

    private TestServer(WebApplication app, TemporaryFolder folder, FakeTimeProvider clock)
    {
        this.app = app;
        Folder = folder;
        Clock = clock;
        Anonymous = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new Uri(app.Urls.First()) };
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new Uri(app.Urls.First()) };
    }

    public static readonly DateTimeOffset Start = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    public TemporaryFolder Folder { get; }

    public FakeTimeProvider Clock { get; }

    public string DatabasePath => Path.Combine(Folder.Path, "trading_bot.db");

    /// <summary>A client that sends no credential.</summary>
    public HttpClient Anonymous { get; }

    /// <summary>A client that sends an API key with every scope.</summary>
    public HttpClient Client { get; }

    public IServiceProvider Services => app.Services;

    /// <summary>Starts a server. The <paramref name="settings"/> override the defaults of the tests.</summary>
    public static async Task<TestServer> StartAsync(params (string Name, string Value)[] settings)
    {
        var folder = new TemporaryFolder();
        if (!TestEngine.IsPostgres && !settings.Any(static one => one.Name == "DATABASE_PATH"))
        {
            File.Copy(EmptyDatabase.Value, folder.File("trading_bot.db"));
        }

        return await StartAsync(folder, null, settings);
    }

    /// <summary>Starts a server with further services.</summary>
    public static Task<TestServer> StartWithAsync(Action<IServiceCollection> also, params (string Name, string Value)[] settings) => StartAsync(new TemporaryFolder(), null, also, settings);

    /// <summary>Starts a server on an existing folder.</summary>
    public static Task<TestServer> StartAsync(TemporaryFolder folder, FakeTimeProvider? clock, params (string Name, string Value)[] settings) => StartAsync(folder, clock, null, settings);

    private static async Task<TestServer> StartAsync(TemporaryFolder folder, FakeTimeProvider? clock, Action<IServiceCollection>? also, (string Name, string Value)[] settings)
    {
        clock ??= new FakeTimeProvider(Start);
        var app = Server.Build(SettingsFor(folder, [.. await TestEngine.SettingsAsync(folder), .. settings]), clock, also);
        await app.StartAsync();
        var server = new TestServer(app, folder, clock);
        server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await server.CreateKeyAsync("tests", "read", "write", "control"));
        return server;
    }

    public static Settings SettingsFor(TemporaryFolder folder, params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string>
        {
            ["MCP_SERVER_PORT"] = "0",
            ["DATABASE_PATH"] = Path.Combine(folder.Path, "trading_bot.db"),
            ["BACKUP_DIR"] = Path.Combine(folder.Path, "backups"),
            ["LOG_DIR"] = Path.Combine(folder.Path, "logs"),
            ["BOT_CONTROL_PIN"] = PinHash.Value,
            ["JWT_SECRET_KEY"] = Secret,
            ["RATE_LIMIT_ENABLED"] = "false",
        };
        foreach (var (name, value) in settings)
        {
            values[name] = value;
        }

        return Settings.Read(values);
    }

    /// <summary>Stops the server cleanly and starts another on the same files.</summary>
    public async Task<TestServer> RestartAsync(params (string Name, string Value)[] settings)
    {
        await StopAsync();
        return await StartAsync(Folder, Clock, settings);
    }

    /// <summary>Makes an API key directly in the database, as the command line does.</summary>
    public async Task<string> CreateKeyAsync(string name, params string[] scopes) =>
        (await Services.GetRequiredService<Database>().WriteAsync(session => Services.GetRequiredService<ApiKeys>().CreateAsync(session, name, scopes, null, null))).Key;

    public HttpClient ClientWithKey(string key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = Client.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Logs in with the PIN.</summary>
    /// <returns>The session's token.</returns>
    public async Task<string> LoginAsync()
    {
        var (status, body) = await Anonymous.SendAsync("POST", "/api/auth/login", $$"""{"pin":"{{Pin}}"}""");
        Assert.Equal(200, status);
        return (string)body["token"]!;
    }

    /// <summary>Sends a POST and fails unless the status is the expected one.</summary>
    /// <returns>The body of the answer.</returns>
    public async Task<JsonObject> PostAsync(string path, string json, int expected = 201)
    {
        var (status, body) = await Client.SendAsync("POST", path, json);
        Assert.True(status == expected, $"POST {path} answered {status}: {body.ToJsonString()}");
        return body;
    }

    /// <summary>Sends a GET, fails unless the status is the expected one, and returns the body of the answer.</summary>
    public async Task<JsonObject> GetAsync(string path, int expected = 200)
    {
        var (status, body) = await Client.SendAsync("GET", path);
        Assert.True(status == expected, $"GET {path} answered {status}: {body.ToJsonString()}");
        return body;
    }

    /// <summary>Runs SQL in a connection of its own, as another program would.</summary>
    /// <returns>The first column of the first row as text.</returns>
    public string? Sql(string sql)
    {
        if (TestEngine.IsPostgres)
        {
            return TestEngine.Execute(Folder, sql);
        }

        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    public async Task StopAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Anonymous.Dispose();
        Client.Dispose();
        await StopAsync();
        await TestEngine.RemoveAsync(Folder);
        Folder.Dispose();
    }
}

/// <summary>Short forms of HTTP requests for tests.</summary>
internal static class HttpClientExtensions
{
    /// <summary>Sends a request and reads the JSON answer.</summary>
    public static async Task<(int Status, JsonObject Body)> SendAsync(this HttpClient client, string method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using var response = await client.RawAsync(method, path, json is null ? null : Encoding.UTF8.GetBytes(json), headers);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject());
    }

    /// <summary>Sends raw bytes as JSON and returns the whole response; of the live stream, which does not end by itself, only its head.</summary>
    public static async Task<HttpResponseMessage> RawAsync(this HttpClient client, string method, string path, byte[]? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            response.Content.Dispose();
            response.Content = new StringContent("");
        }

        await response.Content.LoadIntoBufferAsync();
        return response;
    }
}
