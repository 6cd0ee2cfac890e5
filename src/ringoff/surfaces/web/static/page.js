// The pages work without this. It moves the eye and the screen reader to what a form has to say.
document.addEventListener("DOMContentLoaded", () => {
  const problems = document.getElementById("problems");
  if (problems) problems.focus();
});
