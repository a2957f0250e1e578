using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Dashboard;

/// <summary>
/// The real server with an empty database, and a browser that looks at it. Whatever a test does: at its end no request may have gone to
/// another host, no script may have failed, and the console may hold no violation of the policy.
/// </summary>
internal sealed class OwnersScreen : IAsyncDisposable
{
    public const string Pin = TestServer.Pin;
    private readonly TemporaryFolder folder;
    private readonly List<string> faults = [];
    private readonly (string Name, string Value)[] settings;

    private OwnersScreen(TemporaryFolder folder, ServerProcess server, IBrowserContext context, string key, (string Name, string Value)[] settings)
    {
        (this.folder, Server, Context, this.settings) = (folder, server, context, settings);
        Bot = new HttpClient { BaseAddress = server.Client.BaseAddress };
        Bot.DefaultRequestHeaders.Add("X-Api-Key", key);
        context.Page += (_, page) => Watch(page);
        context.Request += (_, request) => Note(!request.Url.StartsWith(Address, StringComparison.Ordinal) && !request.Url.StartsWith("blob:" + Address, StringComparison.Ordinal), $"A request went to {request.Url}");
    }

    public ServerProcess Server { get; private set; }

    public IBrowserContext Context { get; }

    public string Address => $"http://127.0.0.1:{Server.Port}";

    /// <summary>Speaks as a bot does, with a key that may do everything.</summary>
    public HttpClient Bot { get; }

    /// <summary>Messages of the console that a test expects, such as those of refused requests.</summary>
    public List<string> Expected { get; } = ["the server responded with a status of 401", "the server responded with a status of 404"];

    public static async Task<OwnersScreen> OpenAsync(Chromium chromium, BrowserNewContextOptions? options = null, params (string Name, string Value)[] settings)
    {
        var folder = new TemporaryFolder();
        var server = await ServerProcess.ServeAsync(folder, settings);
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bot", "--scopes", "read,write,control"])).Out.Trim();
        options ??= new() { ViewportSize = new() { Width = 1440, Height = 900 } };
        options.TimezoneId ??= "Europe/Berlin";
        options.Locale ??= "en-GB";
        return new(folder, server, await chromium.Browser.NewContextAsync(options), key, settings);
    }

    /// <summary>Kills the server, as a loss of power does.</summary>
    public async Task CutAsync()
    {
        Expected.Add("net::ERR_");
        await Server.KillAsync();
    }

    /// <summary>Starts the server again, with the same database at the same port.</summary>
    public async Task ComeBackAsync()
    {
        var port = Server.Port;
        await Server.DisposeAsync();
        Server = await ServerProcess.ServeAsync(folder, [.. settings, ("MCP_SERVER_PORT", port.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
    }

    /// <summary>Opens a page in a tab of its own.</summary>
    public async Task<IPage> TabAsync(string path = "/")
    {
        var page = await Context.NewPageAsync();
        page.SetDefaultTimeout(20_000);
        Assertions.SetDefaultExpectTimeout(20_000);
        await page.GotoAsync(Address + path);
        return page;
    }

    /// <summary>Posts a record as a bot does.</summary>
    public async Task<JsonObject> PostAsync(string path, string json)
    {
        var (status, body) = await Bot.SendAsync("POST", path, json);
        Assert.True(status is 200 or 201, $"{path}: {status} {body.ToJsonString()}");
        return body;
    }

    /// <summary>Types the PIN where the page asks for it.</summary>
    public static async Task TypePinAsync(IPage page, string pin = Pin) => await page.Locator("input[name=pin]").Last.FillAsync(pin);

    public async ValueTask DisposeAsync()
    {
        foreach (var page in Context.Pages)
        {
            Note(await page.EvaluateAsync<bool>("() => 'hacked' in window"), $"A text of another became script at {page.Url}");
        }

        await Context.DisposeAsync();
        Bot.Dispose();
        await Server.DisposeAsync();
        folder.Dispose();
        Assert.True(faults.Count == 0, string.Join("\n", faults.Distinct()));
    }

    private void Watch(IPage page)
    {
        page.PageError += (_, error) => Note(true, $"A script failed at {page.Url}: {error}");
        page.Console += (_, message) => Note(message.Type is "error" or "warning" && !Expected.Any(part => message.Text.Contains(part, StringComparison.Ordinal)), $"The console says at {page.Url}: {message.Text}");
        page.Dialog += (_, dialog) => Note(true, $"A dialog of the browser came up: {dialog.Message}");
    }

    private void Note(bool isFault, string fault)
    {
        if (isFault)
        {
            lock (faults)
            {
                faults.Add(fault);
            }
        }
    }
}
