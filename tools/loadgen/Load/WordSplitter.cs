// Splits command lines into words. Control plane.
using System.Text;

namespace FastKv.LoadGen.Load;

/// <summary>Words as a shell would see them, as far as quotes go: blanks separate, single and double quotes group, nothing is expanded.</summary>
internal static class WordSplitter
{
    /// <summary>The words of <paramref name="text"/>; <c>''</c> is an empty one.</summary>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        char quote = '\0';
        foreach (char c in text)
        {
            if (quote != '\0')
            {
                if (c == quote)
                    quote = '\0';
                else
                    word!.Append(c);
            }
            else if (c is '\'' or '"')
            {
                quote = c;
                word ??= new StringBuilder();
            }
            else if (!char.IsWhiteSpace(c))
            {
                (word ??= new StringBuilder()).Append(c);
            }
            else if (word is not null)
            {
                words.Add(word.ToString());
                word = null;
            }
        }
        if (quote != '\0')
            throw new FormatException($"A quote is not closed: {text}");
        if (word is not null)
            words.Add(word.ToString());
        return words;
    }
}
