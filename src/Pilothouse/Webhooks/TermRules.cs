using System.Globalization;
using Pilothouse.Contract;

namespace Pilothouse.Webhooks;

/// <summary>The rules of the terms of a webhook.</summary>
internal static class TermRules
{
    private const int MostEntries = 200;
    private const int LongestTemplate = 1000;
    private const int LongestSymbol = 100;

    /// <summary>Adds the rules that hold for each field by itself.</summary>
    public static InputRules<T> Terms<T>(this InputRules<T> rules)
        where T : WebhookTerms => rules
        .Text("template", static terms => terms.Template, MessageTemplate.Problem, required: false, LongestTemplate)
        .Also("fields", static terms => ProblemOfFields(terms.FieldNames))
        .Also("pairs", static terms => ProblemOfPairs(terms.Pairs))
        .Also("addresses", static terms => ProblemOfAddresses(terms.Addresses))
        .Whole("max_age_seconds", static terms => terms.MaxAgeSeconds, 1, 604_800)
        .Whole("per_minute", static terms => terms.PerMinute, 1, 6000)
        .Whole("strength", static terms => terms.Strength, 1, 100)
        .Text("strategy", static terms => terms.Strategy, longest: 100)
        .Text("timeframe", static terms => terms.Timeframe, longest: 20)
        .OneOf("mode", static terms => terms.Mode, StoredTerms.Modes);

    /// <summary>Throws a refusal that names each field which does not go with the kind of the webhook, or is missing for it.</summary>
    public static void DemandFitting(string kind, WebhookTerms sent, StoredTerms terms)
    {
        var isTradingView = kind == WebhookKinds.TradingView;
        var foreign = (isTradingView ? TermFields.OfTrades : TermFields.OfSignals) & sent.Fields;
        (TermFields Field, string Name, bool IsNull)[] fields =
        [
            (TermFields.Template, "template", sent.Template is null), (TermFields.Fields, "fields", sent.FieldNames is null),
            (TermFields.Pairs, "pairs", sent.Pairs is null), (TermFields.MaxAgeSeconds, "max_age_seconds", sent.MaxAgeSeconds is null),
            (TermFields.Strength, "strength", sent.Strength is null), (TermFields.Timeframe, "timeframe", sent.Timeframe is null), (TermFields.Mode, "mode", sent.Mode is null),
        ];
        List<FieldError> errors = [.. fields.Where(field => !field.IsNull && (foreign & field.Field) != 0)
            .Select(field => new FieldError(field.Name, $"is for webhooks of the kind {(isTradingView ? WebhookKinds.Freqtrade : WebhookKinds.TradingView)} only"))];
        if (!isTradingView && terms.Mode is null)
        {
            errors.Add(new("mode", "is needed for freqtrade, whose messages do not say it: paper for a dry run, auto for real money"));
        }

        if (errors.Count > 0)
        {
            throw Refusal.Invalid(errors);
        }
    }

    private static string? ProblemOfFields(Dictionary<string, string?>? fields) => ProblemOfMap(fields, "name of a field")
        ?? (fields?.Keys.FirstOrDefault(static name => !AlertPlaces.All.Contains(name)) is { } unknown
            ? $"has {InputNames.Shown(unknown)}, which is none of {string.Join(", ", AlertPlaces.All)}" : null);

    private static string? ProblemOfPairs(Dictionary<string, string?>? pairs) => ProblemOfMap(pairs, "trading pair")
        ?? pairs?.Select(static pair => TradingPair.Problem(pair.Value!) is { } problem ? $"has {InputNames.Shown(pair.Key)}, whose pair {problem}" : null)
            .FirstOrDefault(static problem => problem is not null)
        ?? (pairs?.Keys.Distinct(StringComparer.OrdinalIgnoreCase).Count() < pairs?.Count ? "has a symbol twice" : null);

    private static string? ProblemOfMap(Dictionary<string, string?>? map, string value) =>
        map?.Count > MostEntries ? string.Create(CultureInfo.InvariantCulture, $"must have at most {MostEntries} entries")
        : map?.Any(static entry => string.IsNullOrWhiteSpace(entry.Value) || string.IsNullOrWhiteSpace(entry.Key)
            || entry.Key.Length > LongestSymbol || entry.Value.Length > LongestSymbol) == true
            ? string.Create(CultureInfo.InvariantCulture, $"must have a {value} of 1 to {LongestSymbol} characters for each entry") : null;

    private static string? ProblemOfAddresses(List<string?>? addresses) =>
        addresses?.Count > MostEntries ? string.Create(CultureInfo.InvariantCulture, $"must have at most {MostEntries} entries")
        : addresses is { Count: 0 } ? "must have at least one address; leave it out to let all in"
        : addresses?.FindIndex(static address => AllowedAddresses.Read(address) is null) is { } wrong and >= 0
            ? $"has {InputNames.Shown(addresses[wrong] ?? "null")}, which is no address such as 52.89.214.238 and no network such as 10.0.0.0/8" : null;
}
