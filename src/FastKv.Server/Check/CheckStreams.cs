namespace FastKv.Server.Check;

/// <summary>What a check reads from and writes to. Texts are Latin-1: a char is a byte, so that keys and file names pass unchanged. Control plane.</summary>
/// <param name="Input">Answers.</param>
/// <param name="Output">What was found.</param>
/// <param name="Error">What concerns the call, not the file.</param>
internal sealed record CheckStreams(TextReader Input, TextWriter Output, TextWriter Error);
