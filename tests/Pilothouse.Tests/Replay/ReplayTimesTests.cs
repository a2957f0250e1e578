using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Pilothouse.Replay;
using Pilothouse.Tests.Fixtures;
using Spectre.Console;

namespace Pilothouse.Tests.Replay;

/// <summary>A replay ends now, as often as it is run again on that day.</summary>
public sealed class ReplayTimesTests : IDisposable
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 26, 13, 37, 41, TimeSpan.Zero));
    private readonly StringWriter output = new();
    private readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        output.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task The_last_candle_closes_in_the_present_minute()
    {
        await using var server = await FakeServer.StartAsync();
        await ReplayAsync(server, ShortData());
        var times = TimesOf(server.Requests);
        Assert.Equal("2026-11-26T13:37:00+00:00", times.Max());
        Assert.Equal("2026-11-26T12:44:00+00:00", times.Min());
        Assert.Contains("Times: 2026-11-26 12:44 to 2026-11-26 13:37 UTC", Said(), StringComparison.Ordinal);

        // The first balance is the one of the beginning, and the newest report says that the bot has stopped.
        var reports = server.Requests.Where(static request => request.Path == "/api/bot-status")
            .Select(static request => JsonNode.Parse(request.Body)!).ToList();
        Assert.Equal("2026-11-26T12:44:00+00:00", (string?)reports.First(static report => report["balance"] is not null)["timestamp"]);
        Assert.Equal(("stopped", "2026-11-26T13:37:00+00:00"), ((string?)reports[^1]["status"], (string?)reports[^1]["timestamp"]));
        const string About = "Replays 53 candles of BTC/USD from 2018-04-04 23:25 to 2018-04-05 00:18 UTC";
        Assert.All(reports, static report => Assert.Equal(About, (string?)report["message"]));
    }

    [Fact]
    public async Task Run_again_within_a_day_it_adds_nothing_and_after_that_it_ends_now_again()
    {
        await using var server = await FakeServer.StartAsync();
        var first = await ReplayAsync(server, ShortData());
        var sent = server.Requests.ToList();
        time.Advance(TimeSpan.FromHours(22.9));
        var second = await ReplayAsync(server, ShortData());
        Assert.Equal((0, first.Stored), (second.Stored, second.Replayed));
        Assert.Equal(sent, server.Requests[sent.Count..]);

        time.Advance(TimeSpan.FromMinutes(20));
        var third = await ReplayAsync(server, ShortData());
        Assert.Equal((first.Stored, 0), (third.Stored, third.Replayed));
        Assert.Equal("2026-11-27T12:51:00+00:00", TimesOf(server.Requests[(2 * sent.Count)..]).Max());
    }

    [Fact]
    public async Task A_run_that_was_interrupted_goes_on_with_the_times_that_it_had()
    {
        await using var server = await FakeServer.StartAsync();
        var failure = new Answer(500, """{"success":false,"error":"no","code":"internal-error"}""");
        server.Instead = _ => server.Requests.Count == 9 ? failure : null;
        await Assert.ThrowsAsync<ReplayFailure>(() => ReplayAsync(server, ShortData()));
        server.Instead = _ => null;
        time.Advance(TimeSpan.FromMinutes(7));
        var rest = await ReplayAsync(server, ShortData());
        Assert.Equal((14, 8), (rest.Stored, rest.Replayed));
        Assert.Equal("2026-11-26T13:37:00+00:00", TimesOf(server.Requests).Max());
    }

    [Fact]
    public async Task Another_bot_and_other_candles_have_times_of_their_own()
    {
        await using var server = await FakeServer.StartAsync();
        await ReplayAsync(server, ShortData());
        time.Advance(TimeSpan.FromMinutes(7));
        await ReplayAsync(server, ShortData(), "other_bot");
        Assert.Equal("2026-11-26T13:44:00+00:00", TimesOf(server.Requests).Max());
        time.Advance(TimeSpan.FromMinutes(7));
        await ReplayAsync(server, ShortData(candles: 52));
        Assert.Equal("2026-11-26T13:51:00+00:00", TimesOf(server.Requests).Max());
    }

    [Fact]
    public async Task The_figures_are_those_of_the_recorded_times_and_the_README_has_them()
    {
        await using var one = await FakeServer.StartAsync();
        await using var two = await FakeServer.StartAsync();
        var recorded = await ReplayAsync(one, SampleData.Folder, asRecorded: true);
        Assert.All(TimesOf(one.Requests), static at => Assert.StartsWith("2018-04-0", at, StringComparison.Ordinal));
        var before = output.ToString().Length;
        var now = await ReplayAsync(two, SampleData.Folder);
        Assert.Equal(
            (recorded.Signals, recorded.Trades, recorded.Closed, recorded.Wins, recorded.TotalPnl, recorded.Stored + 1),
            (now.Signals, now.Trades, now.Closed, now.Wins, now.TotalPnl, now.Stored));

        var readme = await File.ReadAllTextAsync(Repository.PathOf("README.md"));
        var lines = output.ToString()[before..].Split('\n').Select(static line => line.TrimEnd()).ToList();
        var table = lines.Where(static line => line.StartsWith('│') || line.StartsWith('|')).ToList();
        Assert.True(table.Count >= 7, string.Join('\n', lines));
        Assert.All(table, line => Assert.Contains(line, readme, StringComparison.Ordinal));
        var first = lines.Single(static line => line.Contains(" replays ", StringComparison.Ordinal));
        Assert.Contains(first, readme, StringComparison.Ordinal);
        var loss = Math.Round(-now.TotalPnl).ToString("0", CultureInfo.InvariantCulture);
        var samples = await File.ReadAllTextAsync(Path.Combine(SampleData.Folder, "README.md"));
        Assert.Contains($"loses {loss}", samples.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    private async Task<ReplayTally> ReplayAsync(FakeServer server, string data, string bot = "replay_bot", bool asRecorded = false)
    {
        var settings = new ReplaySettings(server.Address, "ph_test", [data], null, bot, asRecorded);
        using var http = settings.Connect();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = 200;
        return await new ReplaySession(settings, http, time, console).RunAsync(TestContext.Current.CancellationToken);
    }

    private string Said() => output.ToString();

    /// <summary>The times of all records, as they were sent.</summary>
    private static List<string> TimesOf(IEnumerable<Received> requests) =>
        [
            .. requests.Select(static request => JsonNode.Parse(request.Body)!)
                .Select(static body => (string)(body["timestamp"] ?? body["closed_at"] ?? body["items"]![0]!["open_time"] ?? body["items"]![0]!["timestamp"])!),
        ];

    /// <summary>Bitcoin rises by 1 a minute, from 100, over midnight.</summary>
    private string ShortData(int candles = 53)
    {
        var start = new DateTime(2018, 4, 4, 23, 25, 0);
        var path = folder.File(string.Create(CultureInfo.InvariantCulture, $"btc-usd-1m-{candles}.csv"));
        var lines = Enumerable.Range(0, candles).Select(minute => string.Create(
            CultureInfo.InvariantCulture,
            $"{start.AddMinutes(minute):yyyy-MM-ddTHH:mm:ssZ},{100 + minute},{100 + minute},{100 + minute},{100 + minute},1"));
        File.WriteAllLines(path, lines.Prepend("timestamp,open,high,low,close,volume"));
        return path;
    }
}
