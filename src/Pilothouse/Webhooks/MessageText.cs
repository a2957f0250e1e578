using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Webhooks;

/// <summary>The text of a message, and the secret that came with it.</summary>
internal sealed class MessageText
{
    /// <summary>The most characters of a message that the list of deliveries shows.</summary>
    private const int LongestShown = 4000;

    private const int MostFields = 200;
    private const int Deepest = 8;

    private MessageText(string text, bool isForm, string? secret)
    {
        Text = text;
        IsForm = isForm;
        Secret = secret;
    }

    /// <summary>The text with <c>wh_***</c> in the place of secrets, so that none gets into a record, a refusal or a list.</summary>
    public string Text { get; }

    /// <summary>Whether it is written as the fields of a form.</summary>
    public bool IsForm { get; }

    /// <summary>The secret in the path, else the first one in the text; null if there is none.</summary>
    public string? Secret { get; }

    /// <summary>Whether it is meant to be a JSON object.</summary>
    public bool IsJson => Text.StartsWith('{');

    /// <summary>The text, cut where it is long.</summary>
    public string Shown => Text.Length <= LongestShown ? Text : Text[..LongestShown] + "...";

    /// <exception cref="Refusal">It is not valid UTF-8.</exception>
    public static MessageText Of(SentMessage sent)
    {
        if (!System.Text.Unicode.Utf8.IsValid(sent.Body.Span))
        {
            throw Refusal.Invalid("body", "must be text in UTF-8");
        }

        var text = Encoding.UTF8.GetString(sent.Body.Span).Replace('\0', ' ').Trim();
        var isForm = (sent.ContentType ?? "").StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) && !text.StartsWith('{');
        return new(SecretText.Masked(text), isForm, sent.Secret ?? SecretText.FirstOfWebhook(text));
    }

    /// <summary>
    /// Returns the fields of a JSON message: text and numbers by their names, in any case, and those of inner objects with a dot between
    /// (<c>strategy.order.action</c>). What is null, a list, true or false is left out, but true and false are kept as text.
    /// </summary>
    /// <exception cref="Refusal">It is no JSON object, or has a name twice.</exception>
    public Dictionary<string, string> JsonFields()
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        try
        {
            using var json = JsonDocument.Parse(Text, new JsonDocumentOptions { MaxDepth = Deepest });
            Add(fields, "", json.RootElement);
        }
        catch (JsonException error)
        {
            throw new Refusal(400, ErrorCodes.InvalidJson, "Invalid JSON",
                $"The message is not valid JSON near line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}. "
                + "A placeholder in it may have become a text with quotes, or NaN: put placeholders in quotes.");
        }
        catch (InvalidOperationException)
        {
            throw Refusal.Invalid("body", "has a text with half of a surrogate pair");
        }

        return fields;
    }

    /// <summary>Returns the fields of a form; or those of a text of the form <c>name=value</c>, with new lines between, or with &amp; in one line.</summary>
    /// <exception cref="Refusal">A name is there twice, or the text is written otherwise.</exception>
    public Dictionary<string, string> FormFields()
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (IsForm)
        {
            foreach (var (name, values) in QueryHelpers.ParseQuery(Text))
            {
                Add(fields, name.Trim(), values.Count == 1 ? values[0]!.Trim() : throw Twice(name));
            }

            return fields;
        }

        const StringSplitOptions Clean = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        foreach (var part in Text.Split(Text.Contains('\n', StringComparison.Ordinal) ? '\n' : '&', Clean))
        {
            if (part.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var sign))
            {
                throw Refusal.Invalid("body", $"has “{PrintableText.Name(part)}”, which is not of the form name=value");
            }

            Add(fields, part[..sign].Trim(), part[(sign + 1)..].Trim());
        }

        return fields;
    }

    private static void Add(Dictionary<string, string> fields, string prefix, JsonElement item)
    {
        foreach (var field in item.EnumerateObject())
        {
            var name = prefix + field.Name;
            switch (field.Value.ValueKind)
            {
                case JsonValueKind.Object:
                    Add(fields, name + ".", field.Value);
                    break;
                case JsonValueKind.String:
                    Add(fields, name, field.Value.GetString()!.Trim());
                    break;
                case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                    Add(fields, name, field.Value.GetRawText());
                    break;
            }
        }
    }

    private static void Add(Dictionary<string, string> fields, string name, string value)
    {
        // What was an escape in the text is a letter by now, and letters together may be a secret.
        if (!fields.TryAdd(name, SecretText.Masked(value)))
        {
            throw Twice(name);
        }

        if (fields.Count > MostFields)
        {
            throw Refusal.Invalid("body", $"must have at most {MostFields} fields");
        }
    }

    private static Refusal Twice(string name) => Refusal.Invalid(InputNames.Shown(name), "is there twice");
}
