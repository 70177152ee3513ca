namespace FastKv.Engine.Configuration.Parameters;

/// <summary>What texts certain parameters accept; each rule returns Redis's sentence, or null when the text is fine.</summary>
internal static class TextRules
{
    private const int HostNameMax = 256;

    private static readonly string[] TitleVariables = ["listen-addr", "port", "tls-port", "config-file"];

    // These may come out empty, and a title must not.
    private static readonly string[] EmptyTitleVariables = ["title", "server-mode", "unixsocket"];

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

    /// <summary>Braces enclose the name of a variable, a doubled opening brace is a brace; something must be left to show.</summary>
    internal static string? ProcessTitleTemplate(string template)
    {
        const string Invalid = "template format is invalid or contains unknown variables";
        bool showsSomething = false;
        int at = 0;
        while (at < template.Length)
        {
            char c = template[at++];
            if (c != '{' || (at < template.Length && template[at] == '{'))
            {
                showsSomething |= c != ' ';
                at += c == '{' ? 1 : 0;
                continue;
            }
            int end = template.IndexOf('}', at);
            if (end < 0)
                return Invalid;
            string variable = template[at..end];
            at = end + 1;
            if (TitleVariables.Contains(variable))
                showsSomething = true;
            else if (!EmptyTitleVariables.Contains(variable))
                return Invalid;
        }
        return showsSomething ? null : Invalid;
    }

    private static bool IsBaseName(string name) => name.AsSpan().IndexOfAny('/', '\\') < 0;
}
