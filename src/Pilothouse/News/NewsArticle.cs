using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.News;

/// <summary>An article as a client posts it, with what it says of the market.</summary>
internal record NewNewsArticle : IInput<NewNewsArticle>
{
    /// <summary>When it was read; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    /// <summary>Where it is. An article with the URL of a stored one takes its place.</summary>
    public string? ArticleUrl { get; set; }

    public string? ArticleTitle { get; set; }

    /// <summary>bullish, bearish or neutral.</summary>
    public string? Sentiment { get; set; }

    /// <summary>How sure the sentiment is, from 0 to 1.</summary>
    public double? Confidence { get; set; }

    /// <summary>From when on the article is not served any more; if it is left out, it is served until retention deletes it.</summary>
    public DateTimeOffset? CacheExpiresAt { get; set; }

    public string? Source { get; set; }

    /// <summary>When it was published, which its age counts from.</summary>
    public DateTimeOffset? PublishedAt { get; set; }

    /// <summary>The assets that it names, as BTC.</summary>
    [JsonConverter(typeof(AssetsJson))]
    public string? Assets { get; set; }

    public static readonly Choices Sentiments = new("bullish", "bearish", "neutral");

    public static InputRules<NewNewsArticle> Rules => NewsStore.Rules;
}

/// <summary>A stored article. A value of another program that the API would not accept is read as null.</summary>
internal sealed record NewsArticle : NewNewsArticle
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }
}

/// <summary>The answer to a stored article.</summary>
internal sealed record NewsStored(bool Success, string Message, long NewsId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewNewsArticle))]
[JsonSerializable(typeof(BatchOf<NewNewsArticle>))]
[JsonSerializable(typeof(NewsStored))]
[JsonSerializable(typeof(Page<NewsArticle>))]
[JsonSerializable(typeof(One<NewsSentiment>))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class NewsJson : JsonSerializerContext;
