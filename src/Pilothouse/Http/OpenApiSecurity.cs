using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Operations;

namespace Pilothouse.Http;

/// <summary>Whether an operation takes a credential.</summary>
internal enum CredentialUse
{
    /// <summary>The credential is not looked at.</summary>
    None,

    /// <summary>A credential is checked if the request has one.</summary>
    Optional,

    /// <summary>A request without a valid credential is answered with 401.</summary>
    Required,
}

/// <summary>Metadata: how this route uses a credential, if it differs from what is usual for its method.</summary>
internal sealed record TakesCredential(CredentialUse Use);

/// <summary>
/// Describes credentials in the OpenAPI document. Generators read <c>security: []</c> as "send none", so an operation that checks a
/// credential lists every way to send one; if it also answers without one, the list begins with an empty entry.
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

    /// <summary>
    /// Writes which credential the operation takes, and lists 401 if a missing or bad credential can be the reason of a refusal.
    /// </summary>
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

    /// <summary>
    /// How the operation uses a credential. Writes, and reads that ask for a scope of their own, require one; other reads only with
    /// REQUIRE_AUTH_FOR_READS.
    /// </summary>
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

    /// <summary>
    /// Adds 401 to an operation, with the schema that all refusals share. It is copied from 403, which every operation lists.
    /// </summary>
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
