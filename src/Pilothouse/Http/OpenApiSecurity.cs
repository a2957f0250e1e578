using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Operations;

namespace Pilothouse.Http;

/// <summary>Whether an operation takes a credential.</summary>
internal enum CredentialUse
{
    /// <summary>None is looked at.</summary>
    None,

    /// <summary>One is looked at where it is sent.</summary>
    Optional,

    /// <summary>Without a good one the answer is 401.</summary>
    Required,
}

/// <summary>Metadata: the route's use of a credential, where it is not the usual one of its method.</summary>
internal sealed record TakesCredential(CredentialUse Use);

/// <summary>
/// What the OpenAPI document says of credentials. Generators read <c>security: []</c> as "send none", so an operation that looks at a
/// credential lists every way to send one; where it also answers without one, the list begins with an empty entry.
/// </summary>
internal static class OpenApiSecurity
{
    private static readonly string[] Ways = ["bearer", "apiKey", "session"];

    /// <param name="cookie">The name of the session's cookie.</param>
    public static Dictionary<string, IOpenApiSecurityScheme> Schemes(string cookie) => new()
    {
        ["bearer"] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "A session's token from POST /api/auth/login, or an API key (ph_...).",
        },
        ["apiKey"] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = "X-Api-Key",
            Description = "An API key (ph_...).",
        },
        ["session"] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = cookie,
            Description = "The cookie that a login sets.",
        },
    };

    /// <summary>Says which credential the operation takes, and lists 401 where it can be the answer for want of one.</summary>
    public static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var use = UseOf(context);
        var ways = Ways.Select(way => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(way, context.Document)] = [] });
        operation.Security = use switch
        {
            CredentialUse.None => [],
            CredentialUse.Optional => [new OpenApiSecurityRequirement(), .. ways],
            _ => [.. ways],
        };
        if (use == CredentialUse.Required)
        {
            ListUnauthorized(operation);
        }
    }

    /// <summary>A write needs one, and so does a read that asks for its own scope; other reads where the owner has said so.</summary>
    private static CredentialUse UseOf(OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<TakesCredential>().FirstOrDefault() is { } said)
        {
            return said.Use;
        }

        return context.Description.HttpMethod != "GET" || metadata.OfType<Operation>().Any(static operation => operation.Scope != Scopes.None) ? CredentialUse.Required
            : context.ApplicationServices.GetRequiredService<Settings>().RequireAuthForReads == true ? CredentialUse.Required
            : CredentialUse.Optional;
    }

    /// <summary>Every operation lists 403, in the one shape of failures.</summary>
    private static void ListUnauthorized(OpenApiOperation operation)
    {
        if (operation.Responses is not { } responses || responses.ContainsKey("401"))
        {
            return;
        }

        const string json = "application/json";
        responses["401"] = new OpenApiResponse
        {
            Description = "Unauthorized",
            Content = new Dictionary<string, OpenApiMediaType> { [json] = new() { Schema = responses["403"].Content![json].Schema } },
        };
        var sorted = responses.OrderBy(static response => response.Key, StringComparer.Ordinal).ToList();
        responses.Clear();
        foreach (var (status, response) in sorted)
        {
            responses[status] = response;
        }
    }
}
