using System.Text.Json.Serialization;
using Pilothouse.Contract;

namespace Pilothouse.Webhooks;

/// <summary>The fields of <see cref="WebhookTerms"/>.</summary>
[Flags]
internal enum TermFields
{
    None = 0,
    Template = 1,
    Fields = 2,
    Pairs = 4,
    Addresses = 8,
    MaxAgeSeconds = 16,
    PerMinute = 32,
    Strength = 64,
    Strategy = 128,
    Timeframe = 256,
    Mode = 512,

    /// <summary>What a signal is made of.</summary>
    OfSignals = Template | Fields | Pairs | MaxAgeSeconds | Strength | Timeframe,

    /// <summary>What trades are made of.</summary>
    OfTrades = Mode,
}

/// <summary>What a webhook takes, and how it reads it. A field that is not sent stays, or has its standard; null gives it its standard.</summary>
internal abstract record WebhookTerms : SentFields<TermFields>
{
    public const long StandardMaxAgeSeconds = 300;
    public const long StandardPerMinute = 60;
    public const long StandardStrength = 100;

    /// <summary>How a message that is no JSON is written, with placeholders such as {pair}. Null where messages are JSON.</summary>
    public string? Template { get; set => field = Sent(value, TermFields.Template); }

    /// <summary>Which field of a JSON message holds what: by the name of the placeholder.</summary>
    [JsonPropertyName("fields")]
    public Dictionary<string, string?>? FieldNames { get; set => field = Sent(value, TermFields.Fields); }

    /// <summary>The trading pairs of symbols that cannot be told apart, such as XBTUSD.</summary>
    public Dictionary<string, string?>? Pairs { get; set => field = Sent(value, TermFields.Pairs); }

    /// <summary>The only addresses and networks that messages may come from; null for any.</summary>
    public List<string?>? Addresses { get; set => field = Sent(value, TermFields.Addresses); }

    /// <summary>How old an alert may be.</summary>
    public long? MaxAgeSeconds { get; set => field = Sent(value, TermFields.MaxAgeSeconds); }

    /// <summary>How many messages it takes in a minute.</summary>
    public long? PerMinute { get; set => field = Sent(value, TermFields.PerMinute); }

    /// <summary>The strength of a signal whose message says none, from 1 to 100.</summary>
    public long? Strength { get; set => field = Sent(value, TermFields.Strength); }

    /// <summary>The strategy of a signal or trade whose message says none.</summary>
    public string? Strategy { get; set => field = Sent(value, TermFields.Strategy); }

    /// <summary>The timeframe of a signal whose message says none, such as 1h.</summary>
    public string? Timeframe { get; set => field = Sent(value, TermFields.Timeframe); }

    /// <summary>The mode of the trades: auto, manual or paper.</summary>
    public string? Mode { get; set => field = Sent(value, TermFields.Mode); }
}

/// <summary>The terms of a stored webhook.</summary>
internal sealed record StoredTerms : WebhookTerms
{
    /// <summary>Returns these terms with what a request has sent.</summary>
    public StoredTerms With(WebhookTerms sent) => new()
    {
        Template = sent.Has(TermFields.Template) ? sent.Template : Template,
        FieldNames = sent.Has(TermFields.Fields) ? sent.FieldNames : FieldNames,
        Pairs = sent.Has(TermFields.Pairs) ? sent.Pairs : Pairs,
        Addresses = sent.Has(TermFields.Addresses) ? sent.Addresses : Addresses,
        MaxAgeSeconds = sent.Has(TermFields.MaxAgeSeconds) ? sent.MaxAgeSeconds : MaxAgeSeconds,
        PerMinute = sent.Has(TermFields.PerMinute) ? sent.PerMinute : PerMinute,
        Strength = sent.Has(TermFields.Strength) ? sent.Strength : Strength,
        Strategy = sent.Has(TermFields.Strategy) ? sent.Strategy : Strategy,
        Timeframe = sent.Has(TermFields.Timeframe) ? sent.Timeframe : Timeframe,
        Mode = sent.Has(TermFields.Mode) ? Modes.Normal(sent.Mode) : Mode,
    };

    public static readonly Choices Modes = new("auto", "manual", "paper");
}
