using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Alerts;

/// <summary>A target of alerts on 127.0.0.1, which keeps what it got and answers as a test wants.</summary>
internal sealed class TestTarget : IAsyncDisposable
{
    public const string Token = "123456:ABC-secret_token";
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly WebApplication app;

    private TestTarget(WebApplication app) => this.app = app;

    public ConcurrentQueue<(string Path, string Body, IHeaderDictionary Headers)> Got { get; } = new();

    /// <summary>What is answered; 200 and ok if it is null.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    public string Url => app.Urls.First();

    /// <summary>Settings with this target as Telegram.</summary>
    public (string, string)[] Telegram => [("TELEGRAM_API_URL", Url), ("TELEGRAM_BOT_TOKEN", Token), ("TELEGRAM_CHAT_ID", "42"), ("ALERT_ALLOW_PRIVATE_TARGETS", "true")];

    public static async Task<TestTarget> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var target = new TestTarget(builder.Build());
        target.app.Run(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            var body = await reader.ReadToEndAsync();
            target.Got.Enqueue((http.Request.Path, body, new HeaderDictionary(http.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value))));
            await (target.Answer is { } answer ? answer(http) : http.Response.WriteAsync("""{"ok":true}"""));
        });
        await target.app.StartAsync();
        return target;
    }

    /// <summary>The texts that Telegram got, in their order.</summary>
    public string[] Texts => [.. Got.Select(static one => (string?)System.Text.Json.Nodes.JsonNode.Parse(one.Body)!["text"] ?? "")];

    /// <summary>Lets a second pass on the server's clock again and again, until something is so.</summary>
    public static async Task UntilAsync(TestServer server, Func<bool> isSo, int step = 1, int most = 30)
    {
        for (var watch = System.Diagnostics.Stopwatch.StartNew(); !isSo(); await Task.Delay(50))
        {
            server.Clock.Advance(TimeSpan.FromSeconds(step));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(most), "it did not happen");
        }
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}
