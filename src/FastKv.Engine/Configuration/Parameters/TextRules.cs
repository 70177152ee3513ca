namespace FastKv.Engine.Configuration.Parameters;

/// <summary>What texts certain parameters accept; each rule returns Redis's sentence, or null when the text is fine.</summary>
internal static class TextRules
{
    private const int HostNameMax = 256;

    private static readonly string[] TitleVariables =
        ["title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"];

    internal static string? SnapshotFileName(string name) => IsBaseName(name) ? null : "dbfilename can't be a path, just a filename";

    internal static string? JournalFileName(string name)
    {
        if (name.Length == 0)
            return "appendfilename can't be empty";
        return IsBaseName(name) ? null : "appendfilename can't be a path, just a filename";
    }

    internal static string? JournalDirectoryName(string name)
    {
        if (name.Length == 0)
            return "appenddirname can't be empty";
        return IsBaseName(name) ? null : "appenddirname can't be a path, just a dirname";
    }

    internal static string? HostName(string name)
    {
        if (name.Length >= HostNameMax)
            return "Hostnames must be less than 256 characters";
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.'))
                return "Hostnames may only contain alphanumeric characters, hyphens or dots";
        }
        return null;
    }

    internal static string? NodeName(string name)
    {
        if (name.Length >= HostNameMax)
            return "Announced human node name must be less than 256 characters";
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_'))
                return "Announced human node name contained invalid character";
        }
        return null;
    }

    /// <summary>Braces enclose the name of a variable, a doubled opening brace is a brace.</summary>
    internal static string? ProcessTitleTemplate(string template)
    {
        const string Invalid = "template format is invalid or contains unknown variables";
        for (int at = 0; (at = template.IndexOf('{', at)) >= 0;)
        {
            if (at + 1 < template.Length && template[at + 1] == '{')
            {
                at += 2;
                continue;
            }
            int end = template.IndexOf('}', at + 1);
            if (end < 0 || !TitleVariables.Contains(template[(at + 1)..end], StringComparer.OrdinalIgnoreCase))
                return Invalid;
            at = end + 1;
        }
        return null;
    }

    private static bool IsBaseName(string name) => name.AsSpan().IndexOfAny('/', '\\') < 0;
}
