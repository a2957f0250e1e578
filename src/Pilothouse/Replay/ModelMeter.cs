using System.Globalization;

namespace Pilothouse.Replay;

/// <summary>What a model of the replay costs, in dollars for a million tokens.</summary>
internal sealed record ModelRate(string Model, decimal Input, decimal Output, decimal Cached);

/// <summary>
/// Counts what the agents would have used if each had asked a model: a token for each four characters, and the time that so many tokens
/// take. Nothing is measured and no model is called, so the figures are the same in every run. An agent that was asked the same within an hour has the answer in
/// its own cache; the API's cache has the agent's instructions for five minutes.
/// </summary>
internal sealed class ModelMeter
{
    public const string Api = "replay-llm";
    public const string Note = "Made up by pilothouse replay, whose agents are rules and call no model.";
    private const string Small = "replay-small";
    private const string Large = "replay-large";
    private const int InstructionTokens = 320;
    private static readonly TimeSpan AnswersKept = TimeSpan.FromHours(1);
    private static readonly TimeSpan InstructionsKept = TimeSpan.FromMinutes(5);

    /// <summary>The models that the replay names, and their made-up prices.</summary>
    public static readonly ModelRate[] Rates = [new(Small, 0.25m, 2m, 0.025m), new(Large, 1.25m, 10m, 0.125m)];

    private readonly Dictionary<string, DateTimeOffset> answers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> calls = new(StringComparer.Ordinal);

    /// <summary>Returns an opinion with what asking for it used.</summary>
    /// <param name="pair">What it is about.</param>
    /// <param name="at">When it was asked for; times must not fall.</param>
    /// <param name="opinion">The answer.</param>
    public PaidOpinion Ask(string pair, DateTimeOffset at, Opinion opinion)
    {
        var question = string.Create(CultureInfo.InvariantCulture, $"{pair} {opinion.Type} {string.Join(' ', opinion.Inputs.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Key}={one.Value}")))}");
        return new(opinion, Ask(opinion.Agent, question, at, opinion.Reasoning, $"{opinion.Type}_decision", opinion.Agent == Advisers.Risk ? Large : Small));
    }

    /// <summary>Returns what writing a text used.</summary>
    public ModelUse Write(string name, DateTimeOffset at, string text) => Ask("newsroom", name, at, text, "news_summary", Small);

    private ModelUse Ask(string who, string question, DateTimeOffset at, string answer, string operation, string model)
    {
        var key = $"{who} {question}";
        if (answers.TryGetValue(key, out var known) && at - known < AnswersKept)
        {
            return new(operation, model, IsFromCache: true, 0, 0, 0, Milliseconds: 2);
        }

        answers[key] = at;
        var isWarm = calls.TryGetValue(who, out var last) && at - last < InstructionsKept;
        calls[who] = at;
        var (asked, output) = (TokensOf(question), TokensOf(answer));
        return new(
            operation, model, IsFromCache: false, asked + (isWarm ? 0 : InstructionTokens), isWarm ? InstructionTokens : 0, output,
            (model == Large ? 420 : 180) + (asked / 4) + (isWarm ? 10 : 60) + (output * (model == Large ? 14 : 8)));
    }

    private static int TokensOf(string text) => (text.Length + 3) / 4;
}
