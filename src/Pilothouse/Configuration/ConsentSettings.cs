namespace Pilothouse.Configuration;

/// <summary>What an AI agent may not do by itself, and how long its request waits for a person.</summary>
internal sealed class ConsentSettings
{
    /// <summary>Storing a trade, adding an entry to one, or changing the quantity of an open one.</summary>
    public const string OpenTrade = "open_trade";

    /// <summary>Closing a trade or a part of it.</summary>
    public const string CloseTrade = "close_trade";

    /// <summary>Changing, correcting or voiding a trade.</summary>
    public const string ChangeTrade = "change_trade";

    /// <summary>Asking anything of a bot.</summary>
    public const string ControlBot = "control_bot";

    /// <summary>Asking a bot to run, which lifts a pause.</summary>
    public const string ResumeBot = "resume_bot";

    /// <summary>Asking a bot for the mode auto.</summary>
    public const string ModeAuto = "mode_auto";

    /// <summary>Clearing the circuit breaker.</summary>
    public const string ClearBreaker = "clear_breaker";

    /// <summary>The words of CONSENT_FOR.</summary>
    public static readonly string[] All = [OpenTrade, CloseTrade, ChangeTrade, ControlBot, ResumeBot, ModeAuto, ClearBreaker];

    public ConsentSettings(SettingSource from)
    {
        For = Array.ConvertAll(from.List("CONSENT_FOR", $"{string.Join(", ", All[..^1])} and {All[^1]}, separated by commas", static text => All.Contains(text.ToLowerInvariant())), static text => text.ToLowerInvariant());
        Timeout = TimeSpan.FromSeconds(from.Whole("CONSENT_TIMEOUT_SECONDS", 300, 10, 86_400));
    }

    /// <summary>What agents need consent for.</summary>
    public string[] For { get; }

    /// <summary>After how long a request that nobody answered is denied.</summary>
    public TimeSpan Timeout { get; }
}
