using System.Globalization;
using System.Net;

// A web server without any work behind it: one route that answers a fixed body. It shows the most that /health of the server could reach.
// It listens on 127.0.0.1, on the port of MCP_SERVER_PORT, as bench/health-beside-bare and the comparison's --ceiling expect.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
var port = int.Parse(Environment.GetEnvironmentVariable("MCP_SERVER_PORT") ?? "3000", CultureInfo.InvariantCulture);
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
var app = builder.Build();
var body = """{"status":"healthy","service":"bare","version":"0.0.0","database":"connected yes"}"""u8.ToArray();
app.MapGet("/health", (RequestDelegate)(http =>
{
    http.Response.ContentType = "application/json; charset=utf-8";
    http.Response.ContentLength = body.Length;
    return http.Response.Body.WriteAsync(body, http.RequestAborted).AsTask();
}));
app.Run();
