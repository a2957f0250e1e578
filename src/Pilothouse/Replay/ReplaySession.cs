using System.Globalization;
using Spectre.Console;

namespace Pilothouse.Replay;

/// <summary>Runs a replay for a user: prints what is played, the progress (a bar only on a terminal), and the result.</summary>
internal sealed class ReplaySession(ReplaySettings settings, HttpClient http, TimeProvider time, IAnsiConsole console)
{
    public async Task<ReplayTally> RunAsync(CancellationToken cancellationToken)
    {
        var candles = CandleFiles.Read(settings.Paths);
        var client = new ReplayClient(http, time, console.WriteLine);
        var times = settings.AsRecorded
            ? ReplayTimes.AsRecorded
            : ReplayTimes.EndingNow(candles, await client.FindLastReportAsync(settings.BotName, cancellationToken), time.GetUtcNow());
        var (marks, tally) = (new ReplayMarks(settings.BotName, times), new ReplayTally());
        var minds = new MindRecorder(client, marks, tally);
        var recorder = new ReplayRecorder(client, marks, tally, minds, time);
        var bot = new SampleBot();
        var steering = new Steering(bot, recorder, console.WriteLine);
        var run = new ReplayRun(bot, recorder, steering, time, settings.Speed);
        console.WriteLine($"Server: {settings.Server}");
        console.WriteLine($"{settings.BotName} replays {Count(candles.Count)} candles of {ReplayTimes.PairsOf(candles)}");
        console.WriteLine($"Times: {Minute(candles[0].Time + times.Shift)} to {Minute(candles[^1].Closes + times.Shift)} UTC");

        var started = time.GetTimestamp();
        await recorder.AskAsync(cancellationToken);
        await steering.ObeyAsync(cancellationToken);
        if (steering.HasStopped)
        {
            console.WriteLine($"{settings.BotName} was asked to stop, and does not begin. Ask it to run with POST /api/bots/{settings.BotName}/control.");
            return tally;
        }

        await minds.StorePricesAsync(candles[0].Time, cancellationToken);
        await recorder.AnnounceAsync(cancellationToken);
        if (console.Profile.Out.IsTerminal && console.Profile.Capabilities.Interactive)
        {
            await console.Progress().StartAsync(async progress =>
            {
                var task = progress.AddTask("Candles", maxValue: candles.Count);
                await run.PlayAsync(candles, done => task.Value = done, cancellationToken);
            });
        }
        else
        {
            await run.PlayAsync(candles, _ => { }, cancellationToken);
        }

        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Done in {time.GetElapsedTime(started).TotalSeconds:0.0} s."));
        console.Write(Summary(tally));
        return tally;
    }

    private static Table Summary(ReplayTally tally)
    {
        var table = new Table().AddColumn("Replay").AddColumn(new TableColumn("").RightAligned());
        table.AddRow("Candles", Count(tally.Candles));
        table.AddRow("Signals", Count(tally.Signals));
        table.AddRow("Trades", Count(tally.Trades));
        table.AddRow("Closed", Count(tally.Closed));
        table.AddRow("Wins", Count(tally.Wins));
        table.AddRow("Total pnl", tally.TotalPnl.ToString("N2", CultureInfo.InvariantCulture));
        table.AddRow("Decisions", Count(tally.Decisions));
        table.AddRow("Spikes", Count(tally.Spikes));
        table.AddRow("News", Count(tally.Articles));
        table.AddRow("Posts stored", Count(tally.Stored));
        table.AddRow("Posts replayed", Count(tally.Replayed));
        return table;
    }

    private static string Minute(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Count(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
