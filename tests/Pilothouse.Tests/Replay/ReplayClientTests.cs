using System.Net;
using System.Net.Sockets;
using Pilothouse.Replay;

namespace Pilothouse.Tests.Replay;

public sealed class ReplayClientTests : IAsyncLifetime
{
    private readonly HurriedTime time = new();
    private readonly List<string> told = [];
    private FakeServer server = null!;

    public async ValueTask InitializeAsync() => server = await FakeServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task It_waits_as_long_as_the_server_asks_then_posts_the_same_again_and_says_so_once(int status)
    {
        server.Instead = _ => server.Requests.Count <= 2 ? new Answer(status, Refused("rate-limited"), RetryAfter: "7") : null;

        var posted = await PostAsync();

        Assert.Equal(1, posted.Answer.TradeId);
        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7)], time.Waits);
        Assert.Contains($"{status}", Assert.Single(told), StringComparison.Ordinal);
        Assert.Equal(3, server.Requests.Count);
        Assert.Single(server.Requests.Distinct());
    }

    [Fact]
    public async Task It_waits_a_second_where_the_server_does_not_say_how_long()
    {
        server.Instead = _ => server.Requests.Count == 1 ? new Answer(409, Refused("idempotency-in-progress"))
            : server.Requests.Count == 2 ? new Answer(503, "<html>busy</html>") : null;

        await PostAsync();

        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)], time.Waits);
    }

    [Theory]
    [InlineData("3600", 0)]
    [InlineData("60", 5)]
    public async Task It_gives_up_after_five_minutes_with_a_sentence(string retryAfter, int waits)
    {
        server.Instead = _ => new Answer(429, Refused("rate-limited"), retryAfter);

        var failure = await Assert.ThrowsAsync<ReplayFailure>(PostAsync);

        Assert.Contains("RATE_LIMIT_PER_KEY_PER_MINUTE", failure.Message, StringComparison.Ordinal);
        Assert.Equal((1, waits), (failure.ExitCode, time.Waits.Count));
    }

    [Theory]
    [InlineData(401, "authentication-required", "pilothouse key create --name replay --scopes read,write")]
    [InlineData(403, "scope-needed", "pilothouse key create --name replay --scopes read,write")]
    [InlineData(403, "wrong-bot", "--bot-name")]
    [InlineData(409, "idempotency-mismatch", "--bot-name")]
    [InlineData(400, "invalid-input", "price must be greater than 0")]
    [InlineData(404, "not-found", "--server")]
    [InlineData(500, "internal-error", "Run the same command again")]
    public async Task A_refusal_becomes_a_sentence_that_says_what_to_do(int status, string code, string advice)
    {
        server.Instead = _ => new Answer(status, Refused(code));

        var failure = await Assert.ThrowsAsync<ReplayFailure>(PostAsync);

        Assert.Contains(advice, failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, failure.ExitCode);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(200, "{\"success\":true,\"trade_id\":5}")]
    [InlineData(409, "{\"success\":false,\"code\":\"already-closed\"}")]
    public async Task What_the_server_had_already_is_no_failure(int status, string body)
    {
        server.Instead = _ => new Answer(status, body);

        Assert.True((await PostAsync()).Existed);
    }

    [Fact]
    public async Task A_redirect_is_named_and_not_followed()
    {
        server.Instead = _ => new Answer(308, "", Location: "https://bots.example/api/trades");

        var failure = await Assert.ThrowsAsync<ReplayFailure>(PostAsync);

        Assert.Contains("https://bots.example", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_answer_that_is_not_Pilothouses_is_said_to_be_so()
    {
        server.Instead = _ => new Answer(200, "<html>hello</html>");

        Assert.Contains("not as Pilothouse does", (await Assert.ThrowsAsync<ReplayFailure>(PostAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_server_is_a_sentence_that_says_how_to_start_one()
    {
        using var unused = new TcpListener(IPAddress.Loopback, 0);
        unused.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)unused.LocalEndpoint).Port}");
        unused.Stop();

        var failure = await Assert.ThrowsAsync<ReplayFailure>(() => PostAsync(address));

        Assert.Contains("pilothouse serve", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>A server that is killed and started again is away for a moment. The requests have their Idempotency-Key, so they may be sent again.</summary>
    [Fact]
    public async Task A_server_that_is_away_for_a_moment_is_waited_for()
    {
        using var http = new HttpClient(new Away(2, 3)) { BaseAddress = server.Address };
        var client = new ReplayClient(http, time, told.Add);
        for (var i = 0; i < 3; i++)
        {
            await client.FindLastReportAsync("replay_bot", TestContext.Current.CancellationToken);
        }

        Assert.Equal(Enumerable.Repeat(TimeSpan.FromSeconds(1), 3), time.Waits);
        Assert.Equal(["The server is away (refused): trying again for 60 s.", "The server is back."], told);
    }

    [Fact]
    public async Task A_server_that_stays_away_is_a_sentence_that_says_how_to_go_on()
    {
        using var http = new HttpClient(new Away(1, int.MaxValue)) { BaseAddress = server.Address };
        var client = new ReplayClient(http, time, told.Add);
        await client.FindLastReportAsync("replay_bot", TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<ReplayFailure>(() => client.FindLastReportAsync("replay_bot", TestContext.Current.CancellationToken));
        Assert.Contains("Run the same command again to go on", failure.Message, StringComparison.Ordinal);
        Assert.Equal(60, time.Waits.Count);
    }

    private static string Refused(string code) =>
        $$"""{"success":false,"error":"Refused","message":"no","code":"{{code}}","details":[{"field":"price","message":"must be greater than 0"}]}""";

    private Task<Posted> PostAsync() => PostAsync(server.Address);

    private async Task<Posted> PostAsync(Uri address)
    {
        using var http = new ReplaySettings(address, "ph_test", [], null, "replay_bot", AsRecorded: true).Connect();
        var trade = new TradeBody(SampleData.Start, "BTC/USD", "BUY", 100, 10, 99, 102, 1, 1, "one-way", "paper", "replay_bot", "replay-1");
        return await new ReplayClient(http, time, told.Add)
            .PostAsync("/api/trades", "key-1", trade, ReplayJson.Default.TradeBody, TestContext.Current.CancellationToken);
    }

    /// <summary>Lets some requests through, and then fails some as if nobody listened.</summary>
    private sealed class Away(int first, int fails) : DelegatingHandler(new SocketsHttpHandler())
    {
        private int sent;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            ++sent > first && sent - first <= fails ? throw new HttpRequestException("refused") : base.SendAsync(request, cancellationToken);
    }
}
