using System.Globalization;

namespace Pilothouse.Replay;

/// <summary>What names the records of a run: their times as they are shown, and keys made of the bot, the kind, the pair and the recorded time.</summary>
internal sealed record ReplayMarks(string BotName, ReplayTimes Times)
{
    public DateTimeOffset Shown(DateTimeOffset recorded) => recorded + Times.Shift;

    public string Key(string kind, string pair, DateTimeOffset recorded) => $"replay:{BotName}:{kind}:{pair}:{Of(recorded)}";

    /// <summary>
    /// Returns a recorded time, and the end of the run that shows it: runs of two days overlap, and may do the same in the same minute.
    /// </summary>
    public string Of(DateTimeOffset recorded) => Times.End is { } end
        ? string.Create(CultureInfo.InvariantCulture, $"{recorded.ToUnixTimeSeconds()}-{end.ToUnixTimeSeconds()}")
        : recorded.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    // External ids may have to be unique across bots, so a bot with another name adds its name.
    public string ExternalId(string pair, DateTimeOffset recorded) =>
        $"replay-{(BotName == ReplayRecorder.DefaultBotName ? "" : BotName + "-")}{pair}-{Of(recorded)}";
}
