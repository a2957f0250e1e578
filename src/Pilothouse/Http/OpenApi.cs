using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Http;

/// <summary>Builds the OpenAPI document from the declarations of the routes and the rules of their bodies and query parameters.</summary>
internal static class OpenApi
{
    /// <summary>The version of the API, which is the name of its document.</summary>
    public const string Version = "v1";

    /// <summary>The headings that do not belong to a feature.</summary>
    private static readonly Dictionary<string, string> OwnTags = new()
    {
        ["Authentication"] = "The session of a person who knows the PIN.",
        ["Health"] = "Whether the server works.",
        ["Metrics"] = "What Prometheus reads.",
    };

    public static void AddDocument(this IServiceCollection services) => services.AddSingleton<KeptDocument>().AddOpenApi(Version, static options =>
    {
        options.ShouldInclude = static description => description.HttpMethod is not "HEAD";
        options.AddDocumentTransformer(static (document, context, _) =>
        {
            Describe(document, context.ApplicationServices.GetRequiredService<KeptDocument>().CookieName, context.ApplicationServices.GetServices<Feature>());
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(static (operation, context, _) =>
        {
            Describe(operation, context);
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer(static (schema, context, _) =>
        {
            Describe(schema, context);
            return Task.CompletedTask;
        });
    });

    private static void Describe(OpenApiDocument document, string cookie, IEnumerable<Feature> features)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Pilothouse",
            Version = ThisVersion.Text,
            Description = "The backend for AI crypto trading bots: bots post signals, trades, analyses and costs; people and agents read status, performance and risk.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
        {
            tag.Description = OwnTags.GetValueOrDefault(tag.Name ?? "") ?? features.FirstOrDefault(feature => feature.Tag == tag.Name)?.About;
        }

        OpenApiExamples.AddTo(document);
        document.Components ??= new OpenApiComponents();
        if (document.Components.Schemas?.TryGetValue("JsonElement", out var found) == true && found is OpenApiSchema any)
        {
            // Without a type it would allow null too, and a field that may be null would have two schemas that fit it.
            any.Type = JsonSchemaType.Object | JsonSchemaType.Array | JsonSchemaType.String | JsonSchemaType.Number | JsonSchemaType.Boolean;
        }

        document.Components.SecuritySchemes = OpenApiSecurity.Schemes(cookie);
    }

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.Parameters ??= [];
        foreach (var parameter in metadata.OfType<QueryShape>().SelectMany(static shape => shape.Parameters))
        {
            operation.Parameters.Add(Describe(parameter));
        }

        var declared = metadata.OfType<Operation>().FirstOrDefault();
        if (declared?.TargetName is "id")
        {
            operation.Parameters.Add(new OpenApiParameter { Name = "id", In = ParameterLocation.Path, Required = true, Description = "The record's id.", Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" } });
        }

        if (declared?.TargetName is "name")
        {
            operation.Parameters.Add(new OpenApiParameter { Name = "name", In = ParameterLocation.Path, Required = true, Description = "The name that a list gave.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        }

        if (declared is MessageOperation message)
        {
            Describe(operation, message);
        }

        if (declared is ReadOperation { Csv: not null } && operation.Responses?["200"].Content is { } forms)
        {
            forms[CsvAnswer.ContentType] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }

        var path = context.Description.RelativePath ?? "";
        if (declared is WriteOperation { IsRepeatable: true })
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = IdempotencyKey.Header,
                In = ParameterLocation.Header,
                Description = "Makes a repetition of this request answer what the first did, for 24 hours.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255 },
            });
        }

        OpenApiSecurity.Describe(operation, context);
        if (path.StartsWith("api/", StringComparison.Ordinal) || path == "metrics")
        {
            DescribeRefusals(operation, metadata);
        }
    }

    private static void Describe(OpenApiOperation operation, MessageOperation message)
    {
        if (message.Path.Contains($"{{{MessageOperation.SecretName}}}", StringComparison.Ordinal))
        {
            operation.Parameters!.Add(new OpenApiParameter { Name = MessageOperation.SecretName, In = ParameterLocation.Path, Required = true, Description = "The secret of the webhook, where the message itself does not have it.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        }

        if (operation.RequestBody?.Content is { } forms && forms.Remove(BodyReader.AnyType, out var fields))
        {
            forms["application/json"] = fields;
            forms["application/x-www-form-urlencoded"] = new OpenApiMediaType { Schema = fields.Schema };
            forms["text/plain"] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }
    }

    private static void DescribeRefusals(OpenApiOperation operation, IList<object> metadata)
    {
        foreach (var (status, response) in operation.Responses ?? [])
        {
            response.Description = status switch
            {
                "200" => "Done",
                "201" => "Stored",
                "400" => "The input is not valid; details names each wrong field",
                "401" => "No credential, or one that is not valid",
                "403" => "The credential, host or address does not allow it",
                "404" => "There is no such record",
                "409" => "It conflicts with what is stored",
                "413" when metadata.OfType<MessageOperation>().Any() => "The message is larger than 64 KB",
                "415" when metadata.OfType<MessageOperation>().Any() => "The message is neither JSON nor text nor a form",
                "413" => metadata.OfType<WriteOperation>().FirstOrDefault() is { LargestBody: BodyRules.LargestBatch } ? "The body is larger than 16 MB" : "The body is larger than 1 MB",
                "415" => "The body is not JSON",
                "429" => "Too many requests; Retry-After says how long to wait",
                "503" => "The server is overloaded or has no database; Retry-After says when to try again",
                "507" => "The disk is full",
                _ => response.Description,
            };
        }
    }

    private static OpenApiParameter Describe(QueryParameter parameter)
    {
        var schema = new OpenApiSchema { Type = JsonSchemaType.String };
        switch (parameter.Kind)
        {
            case QueryKind.Whole:
                schema.Type = JsonSchemaType.Integer;
                schema.Minimum = Text(parameter.Least);
                schema.Maximum = parameter.CutToMost || parameter.Most == long.MaxValue ? null : Text(parameter.Most);
                break;
            case QueryKind.Money:
                schema.Type = JsonSchemaType.Number;
                schema.ExclusiveMinimum = "0";
                break;
            case QueryKind.Time or QueryKind.TimeTo:
                schema.Format = "date-time";
                break;
            default:
                schema.MaxLength = parameter.Choices is null ? parameter.Longest : null;
                schema.Enum = parameter.Choices?.All.Select(static choice => (JsonNode)JsonValue.Create(choice)!).ToList();
                break;
        }

        if (parameter.Default is { } standard)
        {
            schema.Default = parameter.Kind == QueryKind.Whole ? JsonValue.Create(long.Parse(standard, CultureInfo.InvariantCulture)) : JsonValue.Create(standard);
        }

        return new OpenApiParameter { Name = parameter.Name, In = ParameterLocation.Query, Required = parameter.IsRequired, Description = parameter.Description, Schema = schema };
    }

    private static void Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        if (context.JsonPropertyInfo is { } property)
        {
            (property.CustomConverter as IDescribedJson)?.Describe(schema);
            return;
        }

        if (InputRules.Of(context.JsonTypeInfo.Type) is not { } rules)
        {
            return;
        }

        schema.Required = new HashSet<string>(rules.Fields.Where(static rule => rule.Required).Select(static rule => rule.Field));
        foreach (var rule in rules.Fields)
        {
            if (schema.Properties is { } fields && fields.TryGetValue(rule.Field, out var found) && found is OpenApiSchema field)
            {
                Describe(field, rule);
            }
        }
    }

    private static void Describe(OpenApiSchema field, FieldRule rule)
    {
        if (rule.IsStructure)
        {
            field.Type = JsonSchemaType.Object | JsonSchemaType.Array | (rule.Required ? default : JsonSchemaType.Null);
            return;
        }

        if (field.Type is { } list && list.HasFlag(JsonSchemaType.Array))
        {
            (field.MinItems, field.MaxItems) = ((int?)rule.Least, (int?)rule.Most);
            field.Type = rule.Required ? list & ~JsonSchemaType.Null : list;
            return;
        }

        field.ExclusiveMinimum = rule.Above is { } above ? Text(above) : field.ExclusiveMinimum;
        field.Minimum = rule.Least is { } least ? Text(least) : field.Minimum;
        field.Maximum = rule.Most is { } most ? Text(most) : field.Maximum;
        field.MaxLength = rule.Longest ?? field.MaxLength;
        field.Enum = rule.Choices?.Select(static choice => (JsonNode)JsonValue.Create(choice)!).ToList() ?? field.Enum;
        if (rule.Required && field.Type is { } type)
        {
            field.Type = type & ~JsonSchemaType.Null;
        }
        else if (rule.Choices is not null)
        {
            field.Enum!.Add(JsonNullSentinel.JsonNull);
        }
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
